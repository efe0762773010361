// The C ABI between TorchSharp's API in C# and libtorch: what every file of it shares.
//
// A tensor crosses as the address of an at::Tensor that the caller owns and gives back by st_dispose. Every function
// catches every C++ exception: one that returns a tensor then returns null, one that returns a flag then returns 0,
// and st_last_error has the message.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/TensorIndexing.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/csrc/autograd/variable.h>

#define ST_API extern "C" __attribute__((visibility("default")))

namespace st {

using Handle = at::Tensor*;

// A number that keeps whether it was an integer, so that an integer tensor stays one.
struct Number {
  int64_t integer;
  double real;
  int32_t kind;  // 0 integer, 1 real, 2 truth

  at::Scalar scalar() const {
    if (kind == 0) return at::Scalar(integer);
    if (kind == 2) return at::Scalar(integer != 0);
    return at::Scalar(real);
  }
};

// Where and as what a tensor is made. dtype -1: libtorch's choice.
struct Place {
  int32_t dtype;
  int32_t device_type;
  int32_t device_index;
  int32_t requires_grad;

  at::TensorOptions options() const {
    at::TensorOptions made = at::TensorOptions().device(
        at::Device(static_cast<at::DeviceType>(device_type), static_cast<c10::DeviceIndex>(device_index)));
    return dtype >= 0 ? made.dtype(static_cast<at::ScalarType>(dtype)) : made;
  }
};

// Keeps the message of the exception in flight for st_last_error. To be called inside a catch block.
void remember_error() noexcept;

extern std::atomic<int64_t> live_tensors;

inline Handle hold(at::Tensor tensor) {
  Handle held = new at::Tensor(std::move(tensor));
  live_tensors.fetch_add(1, std::memory_order_relaxed);
  return held;
}

template <class Body>
Handle produce(Body&& body) noexcept {
  try {
    return hold(body());
  } catch (...) {
    remember_error();
    return nullptr;
  }
}

template <class Body>
int32_t perform(Body&& body) noexcept {
  try {
    body();
    return 1;
  } catch (...) {
    remember_error();
    return 0;
  }
}

// The tensors of a list of handles; an undefined tensor for a null one.
inline std::vector<at::Tensor> gather(const Handle* handles, int64_t count) {
  std::vector<at::Tensor> tensors;
  tensors.reserve(count);
  for (int64_t i = 0; i < count; i++) tensors.push_back(handles[i] == nullptr ? at::Tensor() : *handles[i]);
  return tensors;
}

inline at::Tensor or_undefined(Handle handle) { return handle == nullptr ? at::Tensor() : *handle; }

inline c10::optional<at::Tensor> or_none(Handle handle) {
  return handle == nullptr ? c10::optional<at::Tensor>() : c10::optional<at::Tensor>(*handle);
}

inline c10::optional<at::ScalarType> type_or_none(int32_t dtype) {
  return dtype < 0 ? c10::optional<at::ScalarType>() : c10::optional<at::ScalarType>(static_cast<at::ScalarType>(dtype));
}

inline c10::optional<at::Generator> generator_or_none(at::Generator* generator) {
  return generator == nullptr ? c10::optional<at::Generator>() : c10::optional<at::Generator>(*generator);
}

inline at::IntArrayRef list(const int64_t* values, int64_t count) { return at::IntArrayRef(values, static_cast<size_t>(count)); }

}  // namespace st

using st::Handle;
using st::Number;
using st::Place;
using st::perform;
using st::produce;
