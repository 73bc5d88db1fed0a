/*
 * hosts.c - the hosts of a running lab: when they start, which program runs, how they ended.
 *
 * A host waits until all its conditions hold, then for its delay; runs its programs one after
 * another as long as each ends as expected; and has ended. It never starts when a condition can't
 * come true any more: the host that had to be ready has ended before it was.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lab/inside.h"

/* Frames that are taken out of a TAP at most; its queue in the kernel is far shorter. */
#define STALE_MAX 20000

/*
 * Reads from a pipe whose writer has ended: more than a pipe holds. Somebody whom the writer has left
 * behind may go on writing for ever.
 */
#define LAST_READS_MAX 80

static const struct lab_host *description(const struct inside *inside, size_t host)
{
    return &inside->lab->hosts[host];
}

static bool is_host(const struct inside *inside, size_t host)
{
    return description(inside, host)->role == LAB_HOST;
}

/* --- Starting --- */

enum prospect { HOLDS, MAY_HOLD, CANNOT_HOLD };

static enum prospect look_at(const struct inside *inside, const struct lab_condition *condition)
{
    const struct host_run *other = &inside->hosts[condition->host];

    if (condition->end ? other->state == HOST_ENDED : other->is_ready) {
        return HOLDS;
    }
    return other->state == HOST_ENDED ? CANNOT_HOLD : MAY_HOLD;
}

/* What all conditions of a host together say. */
static enum prospect look_at_all(const struct inside *inside, const struct lab_host *host)
{
    enum prospect worst = HOLDS;

    for (size_t i = 0; i < host->condition_count; i++) {
        enum prospect prospect = look_at(inside, &host->conditions[i]);

        worst = prospect > worst ? prospect : worst;
    }
    return worst;
}

/* What came in while no program ran is nothing that the next one has received. */
static void drop_stale_frames(const struct lab_host *host, const struct host_run *run)
{
    uint8_t byte[64];

    for (size_t i = 0; run->taps != NULL && i < host->interface_count; i++) {
        for (unsigned n = 0; n < STALE_MAX && read(run->taps[i], byte, sizeof(byte)) > 0; n++) {
        }
    }
}

static void end_host(struct inside *inside, size_t host, enum host_end end)
{
    struct host_run *run = &inside->hosts[host];

    run->state = HOST_ENDED;
    run->end = end;
    run->pid = 0;
    run->ended_ms = inside_now_ms();
    if (!hosts_as_expected(inside, host) && inside->lab->stop_on_failure &&
        inside->end == LAB_GOES_ON) {
        inside->end = LAB_FAILURE;
    }
}

static void run_program(struct inside *inside, size_t index)
{
    const struct lab_host *host = description(inside, index);
    struct host_run *run = &inside->hosts[index];
    char *environment[host->environment_count + 2];
    char configuration[PATH_MAX + 16], name[LAB_NAME_MAX + 16];
    pid_t child;

    snprintf(configuration, sizeof(configuration), "WINLWIP_CONFIG=%s/%s.conf", inside->directory,
             host->name);
    snprintf(name, sizeof(name), "WINLWIP_HOST=%s", host->name);
    environment[0] = configuration;
    environment[1] = name;
    for (size_t i = 0; i < host->environment_count; i++) {
        environment[i + 2] = host->environment[i];
    }
    drop_stale_frames(host, run);
    child = process_spawn(&(struct spawn){
        .words = (const char *const *)host->programs[run->program].words,
        .environment = environment,
        .environment_count = host->environment_count + 2,
        .input = -1,
        .output = run->pipe[1],
        .keep = run->taps,
        .keep_count = run->taps != NULL ? host->interface_count : 0,
        .network = -1,
    });
    if (child < 0) {
        inside_fail(0, "%s: no process can be made: %s", host->name, strerror(-child));
        end_host(inside, index, END_NEVER);
        return;
    }
    run->state = HOST_RUNNING;
    run->pid = child;
    output_event(inside->output, index, "%s", host->programs[run->program].words[0]);
}

/* Starts a host, or sees that it can never start. Returns whether anything changed. */
static bool start_host(struct inside *inside, size_t index, int64_t now_ms)
{
    const struct lab_host *host = description(inside, index);
    struct host_run *run = &inside->hosts[index];
    enum prospect prospect = look_at_all(inside, host);

    if (prospect == CANNOT_HOLD) {
        output_event(inside->output, index, "never starts: what it waits for has ended");
        end_host(inside, index, END_NEVER);
        return true;
    }
    if (prospect == HOLDS && run->due_ms == 0) {
        run->due_ms = now_ms + host->delay_ms;
    }
    if (run->due_ms == 0 || run->due_ms > now_ms) {
        return false;
    }
    run->started_ms = now_ms;
    run_program(inside, index);
    if (host->ready == NULL && run->state == HOST_RUNNING) {
        run->is_ready = true;
    }
    return true;
}

void hosts_start(struct inside *inside, int64_t now_ms)
{
    bool more = true;

    /* Each one that starts may let others start. */
    while (more) {
        more = false;
        for (size_t i = 0; i < inside->lab->host_count; i++) {
            if (is_host(inside, i) && inside->hosts[i].state == HOST_WAITING) {
                more |= start_host(inside, i, now_ms);
            }
        }
    }
}

int64_t hosts_next_ms(const struct inside *inside)
{
    int64_t next_ms = INT64_MAX;

    for (size_t i = 0; i < inside->lab->host_count; i++) {
        const struct host_run *run = &inside->hosts[i];

        if (is_host(inside, i) && run->state == HOST_WAITING && run->due_ms != 0 &&
            run->due_ms < next_ms) {
            next_ms = run->due_ms;
        }
    }
    return next_ms;
}

void hosts_ready(struct inside *inside, size_t host)
{
    if (!inside->hosts[host].is_ready) {
        inside->hosts[host].is_ready = true;
        output_event(inside->output, host, "is ready");
    }
}

/* --- Ending --- */

static bool ended_well(const struct lab_host *host, int status)
{
    return WIFEXITED(status) && (unsigned)WEXITSTATUS(status) == host->expect;
}

/* The end of a host that was told to end, or of one that ended by itself. */
static enum host_end kind_of_end(const struct inside *inside, const struct host_run *run)
{
    if (run->end != END_NONE) {
        return run->end;
    }
    if (inside->end == LAB_GOES_ON) {
        return END_ITSELF;
    }
    return inside->end == LAB_DONE ? END_STOPPED : END_INTERRUPTED;
}

void hosts_ended(struct inside *inside, pid_t pid, int status)
{
    size_t index = 0;
    struct host_run *run;

    while (index < inside->lab->host_count && inside->hosts[index].pid != pid) {
        index++;
    }
    if (index == inside->lab->host_count) {
        return;
    }
    run = &inside->hosts[index];
    for (unsigned i = 0; i < LAST_READS_MAX && output_read(inside->output, inside, index); i++) {
    }
    output_finish(inside->output, inside, index);
    run->status = status;
    if (inside->end == LAB_GOES_ON && ended_well(description(inside, index), status) &&
        run->program + 1 < description(inside, index)->program_count) {
        run->program++;
        run_program(inside, index);
        return;
    }
    end_host(inside, index, kind_of_end(inside, run));
    if (WIFEXITED(status)) {
        output_event(inside->output, index, "ended with %d", WEXITSTATUS(status));
    } else {
        output_event(inside->output, index, "ended by signal %d", WTERMSIG(status));
    }
}

bool hosts_needed(const struct lab *lab, const struct lab_host *host)
{
    for (size_t i = 0; i < lab->host_count; i++) {
        if (lab->hosts[i].main) {
            return host->main;
        }
    }
    return host->role == LAB_HOST && !host->daemon;
}

bool hosts_done(const struct inside *inside)
{
    bool any = false;

    for (size_t i = 0; i < inside->lab->host_count; i++) {
        if (hosts_needed(inside->lab, description(inside, i))) {
            any = true;
            if (inside->hosts[i].state != HOST_ENDED) {
                return false;
            }
        }
    }
    if (any) {
        return true;
    }
    /* Daemons alone: until none is left, or somebody ends the lab. */
    for (size_t i = 0; i < inside->lab->host_count; i++) {
        if (is_host(inside, i) && inside->hosts[i].state != HOST_ENDED) {
            return false;
        }
    }
    return true;
}

size_t hosts_signal(struct inside *inside, int signal)
{
    size_t count = 0;

    for (size_t i = 0; i < inside->lab->host_count; i++) {
        struct host_run *run = &inside->hosts[i];

        if (run->state == HOST_RUNNING) {
            count++;
            run->end = signal == SIGKILL ? END_KILLED : run->end;
            kill(-run->pid, signal);
        }
    }
    return count;
}

void hosts_settle(struct inside *inside)
{
    for (size_t i = 0; i < inside->lab->host_count; i++) {
        if (is_host(inside, i) && inside->hosts[i].state != HOST_ENDED) {
            end_host(inside, i, inside->hosts[i].state == HOST_WAITING ? END_NEVER : END_KILLED);
        }
    }
}

bool hosts_as_expected(const struct inside *inside, size_t index)
{
    const struct host_run *run = &inside->hosts[index];

    switch (run->end) {
    case END_ITSELF:
        return ended_well(description(inside, index), run->status);
    case END_STOPPED:
        return true;
    case END_NEVER:
        /* One that was not needed may have come too late. */
        return inside->end == LAB_DONE && run->started_ms == 0 &&
               !hosts_needed(inside->lab, description(inside, index));
    case END_NONE:
        return !is_host(inside, index);
    case END_INTERRUPTED:
    case END_KILLED:
        break;
    }
    return false;
}
