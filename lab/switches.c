/*
 * switches.c - segments of the backend vde: a process vde_switch for each.
 *
 * A switch listens in a directory of the lab's own, so that nobody else finds it. It ends when its
 * standard input does, a pipe of which the lab holds the other end.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lab/inside.h"

/* How long a switch may take until it listens, and how often that is looked at. */
#define LISTEN_MS 20000
#define LISTEN_LOOK_NS 5000000

/* Ports beyond those of the hosts: some may ask anew before their old port is free. */
#define SPARE_PORTS 16

void switches_path(const struct inside *inside, size_t segment, char *path, size_t room)
{
    snprintf(path, room, "%s/s%zu", inside->directory, segment);
}

static size_t count_ports(const struct lab *lab, size_t segment)
{
    size_t count = SPARE_PORTS;

    for (size_t i = 0; i < lab->host_count; i++) {
        for (size_t j = 0; j < lab->hosts[i].interface_count; j++) {
            count += lab->hosts[i].interfaces[j].segment == segment;
        }
    }
    return count;
}

/* Waits until the switch that is the last of the helpers listens; what it prints is in said. */
static int wait_listening(struct inside *inside, const char *path, const char *said)
{
    const struct timespec pause = {.tv_nsec = LISTEN_LOOK_NS};
    struct helper *helper = &inside->helpers[inside->helper_count - 1];
    int64_t until_ms = inside_now_ms() + LISTEN_MS;
    char control[PATH_MAX + 8];
    struct stat ignored;

    snprintf(control, sizeof(control), "%s/ctl", path);
    while (stat(control, &ignored) != 0) {
        if (inside_is_alone(inside)) {
            return -ECANCELED;
        }
        if (waitpid(helper->pid, NULL, WNOHANG) == helper->pid) {
            inside->helper_count--;
            return inside_fail_program("vde_switch", said);
        }
        if (inside_now_ms() > until_ms) {
            return inside_fail(-ETIMEDOUT, "vde_switch does not listen in %s", path);
        }
        nanosleep(&pause, NULL);
    }
    return 0;
}

static int start_switch(struct inside *inside, size_t segment)
{
    char path[PATH_MAX], said[PATH_MAX + 8], ports[24];
    const char *words[] = {"vde_switch", "-s", path, "-n", ports, NULL};
    int hold[2];
    pid_t child;
    int output;

    switches_path(inside, segment, path, sizeof(path));
    snprintf(said, sizeof(said), "%s.out", path);
    snprintf(ports, sizeof(ports), "%zu", count_ports(inside->lab, segment));
    output = open(said, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (output < 0) {
        return inside_fail(-errno, "%s: %s", said, strerror(errno));
    }
    if (pipe2(hold, O_CLOEXEC) != 0) {
        close(output);
        return inside_fail(-errno, "no pipe can be made: %s", strerror(errno));
    }
    child = process_spawn(&(struct spawn){.words = words, .input = hold[0], .output = output,
                                          .network = -1});
    close(output);
    close(hold[0]);
    if (child < 0) {
        close(hold[1]);
        return inside_fail(child, "no process can be made: %s", strerror(-child));
    }
    inside->helpers[inside->helper_count++] = (struct helper){child, hold[1]};
    return wait_listening(inside, path, said);
}

int switches_make(struct inside *inside)
{
    int status = 0;

    if (!process_exists("vde_switch")) {
        return inside_fail(-ENOENT, "the program vde_switch is missing: install vde2, or use "
                           "backend = kernel");
    }
    for (size_t i = 0; i < inside->lab->segment_count && status == 0; i++) {
        status = start_switch(inside, i);
    }
    return status;
}
