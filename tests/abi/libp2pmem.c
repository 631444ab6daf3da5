#include <p2pmem/libp2pmem.h>
