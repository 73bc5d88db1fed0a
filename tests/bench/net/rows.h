/*
 * rows.h - the rows of the table that need the kernel: P5, P6, P7, P8, P10.
 *
 * Each function measures one row in namespaces that it makes, prints its records (row.h) and
 * returns; or ends the process.
 */
#ifndef BENCH_NET_ROWS_H
#define BENCH_NET_ROWS_H

/* TAP -> WSARecvMsg(), a full queue drained. */
void row_p5(void);

/* The same with superframes and coalesced receives. */
void row_p6(void);

/* A live capture of a veth -> WSARecvMsg(). */
void row_p7(void);

/* Round trips over TAP. */
void row_p8(void);

/* WSASendMsg() -> TAP. */
void row_p10(void);

#endif
