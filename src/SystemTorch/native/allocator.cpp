// A caching allocator for tensors in main memory.
//
// libtorch takes and returns the memory of every activation at every step. glibc gives blocks of that size back to the
// kernel, which then clears the pages again at their next use: on a small network those page faults cost as much as
// the arithmetic. Here freed blocks wait in a list of their size class. The lists hold no more than a bound; beyond it
// the class that was used least recently gives its blocks back first.
#include "systemtorch.h"

#include <sys/mman.h>

#include <cstdlib>
#include <cstring>
#include <mutex>
#include <new>

#include <c10/core/Allocator.h>
#include <c10/core/CPUAllocator.h>

namespace st {
namespace {

// Of the data, and the room before it for the header.
constexpr size_t kAlignment = 64;
// Below this, glibc keeps the memory itself and is as quick as we are.
constexpr size_t kSmallestCached = 2048;
constexpr size_t kHugePage = size_t{2} << 20;
// Each power of two is cut into so many classes: at most a quarter of a block is lost to rounding.
constexpr int kStepsPerDoubling = 4;
constexpr int kClasses = 64 * kStepsPerDoubling;

struct SizeClass {
  size_t bytes;
  int index;
};

SizeClass size_class(size_t bytes) {
  const int exponent = 63 - __builtin_clzll(bytes);
  const size_t step = (size_t{1} << exponent) / kStepsPerDoubling;
  const size_t below = bytes - (size_t{1} << exponent);
  const size_t steps = (below + step - 1) / step;
  return {(size_t{1} << exponent) + steps * step, exponent * kStepsPerDoubling + static_cast<int>(steps)};
}

class BlockCache {
 public:
  // The memory of a block of this class, new or used before.
  void* take(const SizeClass& size) {
    {
      std::lock_guard<std::mutex> lock(mutex_);
      auto& list = lists_[size.index];
      list.used = ++clock_;
      if (!list.blocks.empty()) {
        void* block = list.blocks.back();
        list.blocks.pop_back();
        cached_ -= size.bytes;
        reused_++;
        return block;
      }
      fresh_++;
    }
    return allocate(size.bytes + kAlignment);
  }

  // Puts a block aside for its next use, or gives it back to the system where the bound is reached.
  void give(void* block, const SizeClass& size) noexcept {
    std::lock_guard<std::mutex> lock(mutex_);
    auto& list = lists_[size.index];
    try {
      list.bytes = size.bytes;
      list.blocks.push_back(block);
    } catch (...) {
      std::free(block);
      return;
    }
    list.used = ++clock_;
    cached_ += size.bytes;
    while (cached_ > bound_) release_one();
  }

  void empty() noexcept {
    std::lock_guard<std::mutex> lock(mutex_);
    while (cached_ > 0) release_one();
  }

  void set_bound(size_t bytes) noexcept {
    std::lock_guard<std::mutex> lock(mutex_);
    bound_ = bytes;
    while (cached_ > bound_) release_one();
  }

  void statistics(int64_t* fresh, int64_t* reused, int64_t* cached) noexcept {
    std::lock_guard<std::mutex> lock(mutex_);
    *fresh = fresh_;
    *reused = reused_;
    *cached = static_cast<int64_t>(cached_);
  }

 private:
  struct List {
    std::vector<void*> blocks;
    size_t bytes = 0;
    uint64_t used = 0;
  };

  static void* allocate(size_t bytes) {
    const size_t alignment = bytes >= 2 * kHugePage ? kHugePage : kAlignment;
    void* block = nullptr;
    if (posix_memalign(&block, alignment, bytes) != 0 || block == nullptr) {
      TORCH_CHECK(false, "no memory for a tensor of ", bytes, " bytes");
    }
    // One fault a huge page instead of 512; a hint, which a kernel without them ignores.
    if (alignment == kHugePage) madvise(block, bytes, MADV_HUGEPAGE);
    return block;
  }

  // Frees one block of the class that was used least recently. The lock is held.
  void release_one() noexcept {
    List* oldest = nullptr;
    for (auto& list : lists_) {
      if (!list.blocks.empty() && (oldest == nullptr || list.used < oldest->used)) oldest = &list;
    }
    if (oldest == nullptr) {
      cached_ = 0;
      return;
    }
    std::free(oldest->blocks.back());
    oldest->blocks.pop_back();
    cached_ -= oldest->bytes;
  }

  std::mutex mutex_;
  List lists_[kClasses + kStepsPerDoubling];
  size_t cached_ = 0;
  size_t bound_ = size_t{512} << 20;
  uint64_t clock_ = 0;
  int64_t fresh_ = 0;
  int64_t reused_ = 0;
};

// Never destroyed: tensors in static storage may outlive every destructor of ours.
BlockCache& cache() {
  static BlockCache* made = new BlockCache();
  return *made;
}

// Stands before a block's data and holds its class, so that the block can be given back by its address alone.
struct Header {
  SizeClass size;
  bool cached;
};
static_assert(sizeof(Header) <= kAlignment, "the data after the header must stay aligned");

void* take_block(size_t bytes) {
  if (bytes == 0) return nullptr;
  TORCH_CHECK(bytes < (size_t{1} << 62), "a tensor of ", bytes, " bytes cannot be");
  char* block;
  Header header{};
  if (bytes < kSmallestCached) {
    void* fresh = nullptr;
    if (posix_memalign(&fresh, kAlignment, bytes + kAlignment) != 0) TORCH_CHECK(false, "no memory for a tensor of ", bytes, " bytes");
    block = static_cast<char*>(fresh);
    header = {{bytes, 0}, false};
  } else {
    const SizeClass size = size_class(bytes);
    block = static_cast<char*>(cache().take(size));
    header = {size, true};
  }
  new (block) Header(header);
  return block + kAlignment;
}

void give_block(void* data) {
  if (data == nullptr) return;
  char* block = static_cast<char*>(data) - kAlignment;
  const Header header = *reinterpret_cast<Header*>(block);
  if (header.cached) {
    cache().give(block, header.size);
  } else {
    std::free(block);
  }
}

class CachingAllocator final : public c10::Allocator {
 public:
  // libtorch made this function non-const in 2.x and added copy_data; here is each form, whichever of them overrides.
  at::DataPtr allocate(size_t bytes) const { return make(bytes); }
  at::DataPtr allocate(size_t bytes) { return make(bytes); }
  void copy_data(void* target, const void* source, std::size_t bytes) const { std::memcpy(target, source, bytes); }
  at::DeleterFnPtr raw_deleter() const override { return &give_block; }

 private:
  static at::DataPtr make(size_t bytes) {
    void* data = take_block(bytes);
    return {data, data, &give_block, at::Device(at::kCPU)};
  }
};

}  // namespace
}  // namespace st

// Installs the allocator for every tensor made from now on; tensors made before keep their own.
ST_API int32_t st_allocator_install() {
  return perform([] {
    static auto* allocator = new st::CachingAllocator();
    c10::SetCPUAllocator(allocator, 1);
  });
}

ST_API void st_allocator_set_bound(int64_t bytes) { st::cache().set_bound(static_cast<size_t>(bytes < 0 ? 0 : bytes)); }
ST_API void st_allocator_empty() { st::cache().empty(); }
ST_API void st_allocator_statistics(int64_t* fresh, int64_t* reused, int64_t* cached) { st::cache().statistics(fresh, reused, cached); }
