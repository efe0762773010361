// Rows of a tensor of floats in main memory, picked out or put in by their numbers: each is one run of memory and is copied as such.
#include "systemtorch.h"

#include <algorithm>
#include <cstring>
#include <functional>

namespace {

int64_t grain(int64_t width) { return std::max<int64_t>(1, 32768 / std::max<int64_t>(1, width)); }

// The row numbers, each known to lie inside.
const int64_t* checked(const at::Tensor& index, int64_t rows) {
  const int64_t* numbers = index.data_ptr<int64_t>();
  for (int64_t i = 0; i < index.numel(); i++) {
    TORCH_CHECK_INDEX(numbers[i] >= 0 && numbers[i] < rows, "index ", numbers[i], " is out of range: there are ", rows, " rows");
  }
  return numbers;
}

at::Tensor picked(const at::Tensor& from, const at::Tensor& index) {
  std::vector<int64_t> shape = from.sizes().vec();
  const int64_t width = from.numel() / std::max<int64_t>(1, shape[0]);
  const int64_t* numbers = checked(index, shape[0]);
  shape[0] = index.numel();
  at::Tensor made = at::empty(shape, from.options());
  const float* source = from.data_ptr<float>();
  float* target = made.data_ptr<float>();
  at::parallel_for(0, shape[0], grain(width), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i++) std::memcpy(target + i * width, source + numbers[i] * width, width * sizeof(float));
  });
  return made;
}

class PickRows : public torch::autograd::Function<PickRows> {
 public:
  static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& from, const at::Tensor& index) {
    context->save_for_backward({index});
    context->saved_data["shape"] = from.sizes().vec();
    return picked(from, index);
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context, torch::autograd::variable_list gradients) {
    const at::Tensor index = context->get_saved_variables()[0];
    const std::vector<int64_t> shape = context->saved_data["shape"].toIntVector();
    const auto options = gradients[0].options().memory_format(c10::nullopt);
    if (at::GradMode::is_enabled()) return {at::zeros(shape, options).index_add(0, index, gradients[0]), at::Tensor()};
    const at::Tensor dy = gradients[0].contiguous();
    const int64_t count = index.numel();
    const int64_t* numbers = index.data_ptr<int64_t>();
    const float* above = dy.data_ptr<float>();
    if (std::adjacent_find(numbers, numbers + count, std::greater_equal<int64_t>()) == numbers + count) {
      // In rising order no row was picked twice: each is written once, be it with zeros.
      at::Tensor dx = at::empty(shape, options);
      float* to = dx.data_ptr<float>();
      const int64_t width = dx.numel() / std::max<int64_t>(1, shape[0]);
      int64_t next = 0;
      for (int64_t i = 0; i < count; i++) {
        std::fill(to + next * width, to + numbers[i] * width, 0.0f);
        std::memcpy(to + numbers[i] * width, above + i * width, width * sizeof(float));
        next = numbers[i] + 1;
      }
      std::fill(to + next * width, to + dx.numel(), 0.0f);
      return {dx, at::Tensor()};
    }
    at::Tensor dx = at::zeros(shape, options);
    const int64_t width = dx.numel() / std::max<int64_t>(1, shape[0]);
    float* to = dx.data_ptr<float>();
    for (int64_t i = 0; i < count; i++, above += width) {
      float* row = to + numbers[i] * width;
      for (int64_t c = 0; c < width; c++) row[c] += above[c];
    }
    return {dx, at::Tensor()};
  }
};

class PutRows : public torch::autograd::Function<PutRows> {
 public:
  static at::Tensor forward(torch::autograd::AutogradContext* context, at::Tensor into, const at::Tensor& index, const at::Tensor& rows) {
    const int64_t width = into.numel() / std::max<int64_t>(1, into.size(0));
    const int64_t* numbers = checked(index, into.size(0));
    const float* source = rows.data_ptr<float>();
    float* target = into.data_ptr<float>();
    for (int64_t i = 0; i < index.numel(); i++) std::memcpy(target + numbers[i] * width, source + i * width, width * sizeof(float));
    context->save_for_backward({index});
    context->mark_dirty({into});
    return into;
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context, torch::autograd::variable_list gradients) {
    const at::Tensor index = context->get_saved_variables()[0];
    if (at::GradMode::is_enabled()) return {at::Tensor(), at::Tensor(), gradients[0].index_select(0, index)};
    return {at::Tensor(), at::Tensor(), picked(gradients[0].contiguous(), index)};
  }
};

bool rows_of_floats(const at::Tensor& tensor) {
  return tensor.device().is_cpu() && tensor.scalar_type() == at::kFloat && tensor.dim() > 0 && tensor.numel() > 0 && tensor.is_contiguous();
}

bool row_numbers(const at::Tensor& index) {
  return index.device().is_cpu() && index.scalar_type() == at::kLong && index.dim() == 1 && index.is_contiguous();
}

}  // namespace

ST_API Handle st_index_select(Handle tensor, int64_t dim, Handle index) {
  return produce([&] {
    const bool ours = dim == 0 && rows_of_floats(*tensor) && row_numbers(*index);
    return ours ? PickRows::apply(*tensor, *index) : tensor->index_select(dim, *index);
  });
}

ST_API int32_t st_index_copy_(Handle tensor, int64_t dim, Handle index, Handle source) {
  return perform([&] {
    // What is written over must need no gradient: that of the rows is then all there is.
    const bool ours = dim == 0 && rows_of_floats(*tensor) && rows_of_floats(*source) && row_numbers(*index) && !tensor->requires_grad() &&
                      !tensor->is_view() && source->dim() == tensor->dim() && source->size(0) == index->numel() &&
                      source->sizes().slice(1) == tensor->sizes().slice(1);
    if (ours) {
      PutRows::apply(*tensor, *index, *source);
    } else {
      tensor->index_copy_(dim, *index, *source);
    }
  });
}
