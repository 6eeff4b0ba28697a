// The functions of NCCL that the device calls.
#include <nccl.h>

extern "C" {

ncclResult_t ncclGetVersion(int* version) {
  *version = 22705;
  return ncclSuccess;
}
const char* ncclGetErrorString(ncclResult_t) { return "an NCCL error"; }

}  // extern "C"
