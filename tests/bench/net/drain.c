/*
 * drain.c - fill, drain, check.
 *
 * A sample is the mean of a whole fill and not of a burst: what a driver or the stack reads ahead
 * in one burst, it need not read in the next one.
 */
#include "tests/bench/net/drain.h"

#include "tests/bench/common/bench.h"
#include "tests/bench/net/wire.h"

static int64_t now_ns(const struct drain *drain)
{
    return drain->by_cpu ? row_cpu_ns() : bench_now_ns();
}

static int64_t receive_burst(const struct drain *drain, unsigned count)
{
    int64_t begin_ns = now_ns(drain);

    for (unsigned i = 0; i < count; i++) {
        drain->receive(drain, i);
    }
    return now_ns(drain) - begin_ns;
}

/* Returns how many datagrams the receives of a burst brought. */
static unsigned check_burst(struct drain *drain, unsigned count)
{
    unsigned datagrams = 0;

    for (unsigned i = 0; i < count; i++) {
        struct seen seen;
        drain->seen(drain, i, &seen);
        datagrams += content_check(drain->who, &seen, &drain->flow, drain->bytes,
                                   drain->serial + datagrams);
    }
    drain->serial += datagrams;
    return datagrams;
}

void drain_once(struct drain *drain, bool keep)
{
    int64_t sent_ns = wire_send_many(drain->sender, drain->bytes, drain->segments, drain->fill,
                                     drain->serial);
    int64_t received_ns = 0;

    /* Nobody drains a sink. */
    for (unsigned left = drain->receive != NULL ? drain->fill : 0; left > 0;) {
        unsigned receives = (left + drain->segments - 1) / drain->segments;
        unsigned count = receives < drain->burst ? receives : drain->burst, got;

        received_ns += receive_burst(drain, count);
        got = check_burst(drain, count);
        if (got > left) {
            row_fail("%s: more datagrams than were sent", drain->who);
        }
        left -= got;
    }
    if (drain->receive != NULL && !drain->is_empty(drain)) {
        row_fail("%s: a datagram too many", drain->who);
    }
    if (keep) {
        row_sample(&drain->sent_ns, (double)sent_ns / drain->fill);
        row_sample(&drain->received_ns, (double)received_ns / drain->fill);
    }
}

double drain_received_ns(struct drain *drain)
{
    return row_quantile(&drain->received_ns, 0.5);
}

double drain_sent_ns(struct drain *drain)
{
    return row_quantile(&drain->sent_ns, 0.5);
}
