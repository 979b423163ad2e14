#ifndef FORDELER_CZLIB_SHIM_H
#define FORDELER_CZLIB_SHIM_H
#include <zlib.h>

// Swift does not see macros with arguments. 16 more than the size of the window: gzip (RFC 1952), and nothing else.
static inline int gzip_start(z_stream *stream) { return inflateInit2(stream, 15 + 16); }
#endif
