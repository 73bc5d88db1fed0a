/*
 * library.h - libpcap's functions, looked up in the library when a driver of this directory is opened
 * for the first time.
 *
 * libpcap draws seven more libraries in (D-Bus, systemd, compression), a megabyte of memory in a
 * process that may never see a capture. So nothing is linked with it.
 */
#ifndef DRIVERS_PCAP_LIBRARY_H
#define DRIVERS_PCAP_LIBRARY_H

#include <pcap/pcap.h>

/* The functions that this directory calls, without "pcap_". */
#define LIBPCAP_FUNCTIONS(F) \
    F(activate) \
    F(close) \
    F(compile) \
    F(create) \
    F(datalink) \
    F(datalink_val_to_name) \
    F(dispatch) \
    F(file) \
    F(fileno) \
    F(fopen_offline_with_tstamp_precision) \
    F(freecode) \
    F(get_required_select_timeout) \
    F(get_selectable_fd) \
    F(geterr) \
    F(inject) \
    F(next_ex) \
    F(set_buffer_size) \
    F(set_immediate_mode) \
    F(set_promisc) \
    F(set_snaplen) \
    F(set_timeout) \
    F(set_tstamp_precision) \
    F(setdirection) \
    F(setfilter) \
    F(setnonblock) \
    F(snapshot) \
    F(statustostr)

#define LIBPCAP_MEMBER(name_) __typeof__(pcap_##name_) *name_;

struct libpcap {
    LIBPCAP_FUNCTIONS(LIBPCAP_MEMBER)
};

/* Never changed after libpcap_load() has returned 0; nobody looks at it before. */
extern struct libpcap libpcap;

/*
 * Makes the functions callable. Any thread, any number of times. Returns 0, or -ELIBACC with the
 * reason in error, which has room for LINK_ERROR_BYTES.
 */
int libpcap_load(char *error);

#endif
