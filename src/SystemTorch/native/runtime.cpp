// Errors, threads, devices, random state and gradient modes.
#include "systemtorch.h"

#include <mutex>

#include <c10/core/InferenceMode.h>
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/detail/CUDAHooksInterface.h>
#include <torch/version.h>

namespace st {

std::atomic<int64_t> live_tensors{0};

namespace {
thread_local std::string last_error;
}

void remember_error() noexcept {
  try {
    try {
      throw;
    } catch (const c10::Error& error) {
      last_error = error.what_without_backtrace();
    } catch (const std::exception& error) {
      last_error = error.what();
    } catch (...) {
      last_error = "libtorch threw something that is no std::exception";
    }
    if (last_error.empty()) last_error = "libtorch failed without a message";
  } catch (...) {
    // No memory for the message: the caller still learns that the call failed.
    last_error.clear();
  }
}

}  // namespace st

ST_API const char* st_last_error() { return st::last_error.c_str(); }

ST_API int64_t st_live_tensors() { return st::live_tensors.load(std::memory_order_relaxed); }

// For the tests: throws what is neither std::exception nor c10::Error.
ST_API int32_t st_throw(int32_t what) {
  return perform([&] {
    if (what == 0) throw 42;
    if (what == 1) throw std::runtime_error("a standard exception");
    TORCH_CHECK(false, "an exception of libtorch");
  });
}

ST_API const char* st_torch_version() {
  static const std::string version = std::to_string(TORCH_VERSION_MAJOR) + "." + std::to_string(TORCH_VERSION_MINOR) + "." +
                                     std::to_string(TORCH_VERSION_PATCH);
  return version.c_str();
}

ST_API int32_t st_get_num_threads() { return at::get_num_threads(); }
ST_API int32_t st_set_num_threads(int32_t count) {
  return perform([&] { at::set_num_threads(count); });
}
ST_API int32_t st_get_num_interop_threads() { return static_cast<int32_t>(at::get_num_interop_threads()); }
ST_API int32_t st_set_num_interop_threads(int32_t count) {
  return perform([&] { at::set_num_interop_threads(count); });
}

ST_API int32_t st_cuda_is_available() {
  int32_t available = 0;
  perform([&] { available = at::globalContext().hasCUDA() && at::detail::getCUDAHooks().getNumGPUs() > 0; });
  return available;
}
ST_API int32_t st_cuda_device_count() {
  int32_t count = 0;
  perform([&] { count = at::globalContext().hasCUDA() ? at::detail::getCUDAHooks().getNumGPUs() : 0; });
  return count;
}
ST_API int32_t st_cuda_synchronize(int32_t index) {
  return perform([&] { at::detail::getCUDAHooks().deviceSynchronize(static_cast<c10::DeviceIndex>(index < 0 ? 0 : index)); });
}

// Random numbers.

ST_API int32_t st_manual_seed(int64_t seed) {
  return perform([&] { at::manual_seed(static_cast<uint64_t>(seed)); });
}
ST_API at::Generator* st_generator_new(int64_t seed) {
  at::Generator* made = nullptr;
  perform([&] { made = new at::Generator(at::make_generator<at::CPUGeneratorImpl>(static_cast<uint64_t>(seed))); });
  return made;
}
ST_API at::Generator* st_generator_default() {
  at::Generator* made = nullptr;
  perform([&] { made = new at::Generator(at::globalContext().defaultGenerator(at::kCPU)); });
  return made;
}
ST_API void st_generator_dispose(at::Generator* generator) { delete generator; }
ST_API int32_t st_generator_seed(at::Generator* generator, int64_t seed) {
  return perform([&] {
    std::lock_guard<std::mutex> lock(generator->mutex());
    generator->set_current_seed(static_cast<uint64_t>(seed));
  });
}
ST_API int64_t st_generator_initial_seed(at::Generator* generator) { return static_cast<int64_t>(generator->current_seed()); }
ST_API Handle st_generator_get_state(at::Generator* generator) {
  return produce([&] {
    std::lock_guard<std::mutex> lock(generator->mutex());
    return generator->get_state();
  });
}
ST_API int32_t st_generator_set_state(at::Generator* generator, Handle state) {
  return perform([&] {
    std::lock_guard<std::mutex> lock(generator->mutex());
    generator->set_state(*state);
  });
}

// Gradient modes. Both belong to the thread.

ST_API int32_t st_grad_enabled() { return c10::GradMode::is_enabled(); }
ST_API void st_set_grad_enabled(int32_t enabled) { c10::GradMode::set_enabled(enabled != 0); }
ST_API int32_t st_inference_enabled() { return c10::InferenceMode::is_enabled(); }
ST_API void* st_inference_enter(int32_t enabled) {
  void* guard = nullptr;
  perform([&] { guard = new c10::InferenceMode(enabled != 0); });
  return guard;
}
ST_API void st_inference_leave(void* guard) { delete static_cast<c10::InferenceMode*>(guard); }
