/*
 * coap_config.h - the configuration that libcoap's own build writes for Windows
 *
 * It is the file of that name in libcoap's tree, taken as it is.
 */
#include <coap_config.h.windows>
