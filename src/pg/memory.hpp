// SPDX-License-Identifier: PostgreSQL
#pragma once
#include <memory_resource>
#include <new>
#include <utility>

#include "pg/postgres.hpp"

namespace clientele::pg {

/// Lets C++ containers live in a PostgreSQL memory context, so that work_mem, EXPLAIN and the
/// memory-context log see them. Throws std::bad_alloc, never longjmps.
class ContextMemory final : public std::pmr::memory_resource {
 public:
  explicit ContextMemory(MemoryContext context) : context_(context) {}
  MemoryContext context() const { return context_; }

 private:
  void* do_allocate(size_t bytes, size_t alignment) override {
    if (!AllocHugeSizeIsValid(bytes) || alignment > MAXIMUM_ALIGNOF) throw std::bad_alloc();
    void* p = MemoryContextAllocExtended(context_, bytes, MCXT_ALLOC_HUGE | MCXT_ALLOC_NO_OOM);
    if (p == nullptr) throw std::bad_alloc();
    return p;
  }
  void do_deallocate(void* p, size_t, size_t) override { pfree(p); }
  bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override {
    return this == &other;
  }

  MemoryContext context_;
};

/// Makes a T that lives as long as `context` and is destroyed when the context is reset, also after
/// an error. T's constructor takes a memory resource first. To be called in C++ code.
template <class T, class... Args>
T* make_in(MemoryContext context, Args&&... args) {
  struct Holder {
    ContextMemory memory;
    MemoryContextCallback callback;
    T value;
    Holder(MemoryContext c, Args&&... a)
        : memory(c), callback(), value(&memory, std::forward<Args>(a)...) {}
  };
  static_assert(alignof(Holder) <= MAXIMUM_ALIGNOF, "memory contexts align no further");
  void* place = MemoryContextAllocExtended(context, sizeof(Holder), MCXT_ALLOC_NO_OOM);
  if (place == nullptr) throw std::bad_alloc();
  auto* holder = new (place) Holder(context, std::forward<Args>(args)...);
  holder->callback.func = [](void* p) { static_cast<Holder*>(p)->~Holder(); };
  holder->callback.arg = holder;
  MemoryContextRegisterResetCallback(context, &holder->callback);
  return &holder->value;
}

/// A T kept from call to call of one SQL function in one query: buffers and look-up tables.
template <class T>
T& kept(FunctionCallInfo fcinfo) {
  if (fcinfo->flinfo->fn_extra == nullptr)
    fcinfo->flinfo->fn_extra = make_in<T>(fcinfo->flinfo->fn_mcxt);
  return *static_cast<T*>(fcinfo->flinfo->fn_extra);
}

}  // namespace clientele::pg
