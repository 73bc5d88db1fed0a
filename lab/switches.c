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

/* Waits until the switch that is the last of the helpers listens. */
static int wait_listening(struct inside *inside, size_t segment)
{
    const struct timespec pause = {.tv_nsec = LISTEN_LOOK_NS};
    struct helper *helper = &inside->helpers[inside->helper_count - 1];
    int64_t until_ms = inside_now_ms() + LISTEN_MS;
    char path[PATH_MAX], control[PATH_MAX + 8];
    struct stat ignored;

    switches_path(inside, segment, path, sizeof(path));
    snprintf(control, sizeof(control), "%s/ctl", path);
    while (stat(control, &ignored) != 0) {
        if (waitpid(helper->pid, NULL, WNOHANG) == helper->pid) {
            inside->helper_count--;
            return inside_fail(-EIO, "vde_switch has ended: see its words above");
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
    char path[PATH_MAX], ports[16];
    const char *words[] = {"vde_switch", "-s", path, "-n", ports, NULL};
    int hold[2];
    pid_t child;

    switches_path(inside, segment, path, sizeof(path));
    snprintf(ports, sizeof(ports), "%zu", count_ports(inside->lab, segment));
    if (pipe2(hold, O_CLOEXEC) != 0) {
        return inside_fail(-errno, "no pipe can be made: %s", strerror(errno));
    }
    child = process_spawn(&(struct spawn){.words = words, .input = hold[0],
                                          .output = STDERR_FILENO, .network = -1});
    close(hold[0]);
    if (child < 0) {
        close(hold[1]);
        return inside_fail(child, "no process can be made: %s", strerror(-child));
    }
    inside->helpers[inside->helper_count++] = (struct helper){child, hold[1]};
    return wait_listening(inside, segment);
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
