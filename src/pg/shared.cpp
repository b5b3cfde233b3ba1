// SPDX-License-Identifier: PostgreSQL
#include "pg/boundary.hpp"
#include "pg/shared.hpp"

extern "C" {
#include "storage/ipc.h"
#include "storage/lwlock.h"
#include "storage/shmem.h"
}

namespace clientele::pg {
namespace {

constexpr int most_at_start = 8;
void (*at_starts[most_at_start])();
int at_start_count = 0;
size_t requested = 0;

shmem_request_hook_type earlier_request_hook = nullptr;
shmem_startup_hook_type earlier_startup_hook = nullptr;

void request_at_start() {
  if (earlier_request_hook != nullptr) earlier_request_hook();
  RequestAddinShmemSpace(requested);
}

void make_at_start() {
  if (earlier_startup_hook != nullptr) earlier_startup_hook();
  for (int i = 0; i < at_start_count; ++i) at_starts[i]();
}

void* piece_or_error(const char* name, size_t size, void (*init)(void*)) {
  bool found = false;
  void* const piece = ShmemInitStruct(name, size, &found);
  if (!found) init(piece);
  return piece;
}

}  // namespace

void request_shared(size_t size, void (*at_start)()) {
  if (!process_shared_preload_libraries_in_progress) return;
  if (requested == 0) {
    earlier_request_hook = shmem_request_hook;
    shmem_request_hook = request_at_start;
    earlier_startup_hook = shmem_startup_hook;
    shmem_startup_hook = make_at_start;
  }
  // Each piece begins at a cache line.
  requested += TYPEALIGN(PG_CACHE_LINE_SIZE, size) + PG_CACHE_LINE_SIZE;
  if (at_start == nullptr) return;
  if (at_start_count == most_at_start) elog(ERROR, "too many pieces of shared memory");
  at_starts[at_start_count++] = at_start;
}

void* shared_piece(const char* name, size_t size, void (*init)(void*)) {
  LWLockAcquire(AddinShmemInitLock, LW_EXCLUSIVE);
  const uint32 holds = InterruptHoldoffCount;
  void* piece = nullptr;
  try {
    piece = call_pg([&] { return piece_or_error(name, size, init); });
  } catch (const PgError& error) {
    FreeErrorData(error.data());
    InterruptHoldoffCount = holds;  // an error forgets what holds interrupts, and the lock does
  }
  LWLockRelease(AddinShmemInitLock);
  return piece;
}

}  // namespace clientele::pg
