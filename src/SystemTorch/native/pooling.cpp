// Max pooling over windows that do not overlap, of floats on the CPU with the channels last in memory.
//
// libtorch keeps for every maximum its place in the plane, in 64 bits, and clears and scatters into the whole gradient. Here the place is that in
// the window, in 32 bits, and the gradient is written once.
#include "systemtorch.h"

#include <algorithm>
#include <limits>

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define ST_WIDE __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define ST_WIDE
#endif

namespace {

// One more cell of a window. A NaN is a maximum, as in PyTorch.
ST_WIDE void take_larger(const float* x, int32_t place, float* best, int32_t* places, int64_t channels) {
  for (int64_t c = 0; c < channels; c++) {
    const bool larger = (x[c] > best[c]) | (x[c] != x[c]);
    best[c] = larger ? x[c] : best[c];
    places[c] = larger ? place : places[c];
  }
}
ST_WIDE void take_first(const float* x, float* best, int32_t* places, int64_t channels) {
  for (int64_t c = 0; c < channels; c++) {
    best[c] = x[c];
    places[c] = 0;
  }
}
ST_WIDE void give_back(const float* dy, const int32_t* places, int32_t place, float* dx, int64_t channels) {
  for (int64_t c = 0; c < channels; c++) dx[c] = places[c] == place ? dy[c] : 0.0f;
}

// A row of whole windows of 2×2, the size that networks use most.
ST_WIDE void take_pairs(const float* top, const float* bottom, float* best, int32_t* places, int64_t windows, int64_t channels) {
  for (int64_t window = 0; window < windows; window++) {
    for (int64_t c = 0; c < channels; c++) {
      float largest = top[c];
      int32_t place = 0;
      const float second = top[channels + c], third = bottom[c], fourth = bottom[channels + c];
      bool larger = (second > largest) | (second != second);
      largest = larger ? second : largest;
      place = larger ? 1 : place;
      larger = (third > largest) | (third != third);
      largest = larger ? third : largest;
      place = larger ? 2 : place;
      larger = (fourth > largest) | (fourth != fourth);
      best[c] = larger ? fourth : largest;
      places[c] = larger ? 3 : place;
    }
    top += 2 * channels, bottom += 2 * channels, best += channels, places += channels;
  }
}
ST_WIDE void give_pairs(const float* dy, const int32_t* places, float* top, float* bottom, int64_t windows, int64_t channels) {
  for (int64_t window = 0; window < windows; window++) {
    for (int64_t c = 0; c < channels; c++) {
      top[c] = places[c] == 0 ? dy[c] : 0.0f;
      top[channels + c] = places[c] == 1 ? dy[c] : 0.0f;
      bottom[c] = places[c] == 2 ? dy[c] : 0.0f;
      bottom[channels + c] = places[c] == 3 ? dy[c] : 0.0f;
    }
    top += 2 * channels, bottom += 2 * channels, dy += channels, places += channels;
  }
}

struct Windows {
  int64_t images, channels, height, width, tall, wide, rows, columns;

  Windows(const at::Tensor& x, int64_t tall, int64_t wide, bool ceil_mode)
      : images(x.size(0)), channels(x.size(1)), height(x.size(2)), width(x.size(3)), tall(tall), wide(wide) {
    rows = ceil_mode ? (height + tall - 1) / tall : height / tall;
    columns = ceil_mode ? (width + wide - 1) / wide : width / wide;
  }

  int64_t grain() const { return std::max<int64_t>(1, 16384 / std::max<int64_t>(1, tall * width * channels)); }

  // Whether a row of windows is nothing but whole ones of 2×2; then its first cell and its first window.
  bool pairs(int64_t row, int64_t* cell, int64_t* window) const {
    if (tall != 2 || wide != 2 || width % 2 != 0 || row % rows * 2 + 2 > height) return false;
    *cell = (row / rows * height + row % rows * 2) * width * channels;
    *window = row * columns * channels;
    return true;
  }

  // Calls body(offset of a cell in x, offset of its window in y, the cell's place in the window) for the windows of some rows of windows.
  template <class Body>
  void walk(int64_t begin, int64_t end, Body&& body) const {
    for (int64_t row = begin; row < end; row++) {
      const int64_t image = row / rows, top = row % rows * tall;
      const int64_t bottom = std::min(top + tall, height);
      for (int64_t column = 0; column < columns; column++) {
        const int64_t right = std::min((column + 1) * wide, width);
        int32_t place = 0;
        for (int64_t i = top; i < bottom; i++) {
          for (int64_t j = column * wide; j < right; j++) {
            body(((image * height + i) * width + j) * channels, (row * columns + column) * channels, place++);
          }
        }
      }
    }
  }
};

class MaxPool : public torch::autograd::Function<MaxPool> {
 public:
  static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& input, int64_t tall, int64_t wide, bool ceil_mode) {
    const at::Tensor x = input.contiguous(at::MemoryFormat::ChannelsLast);
    const Windows windows(x, tall, wide, ceil_mode);
    const auto order = at::MemoryFormat::ChannelsLast;
    at::Tensor y = at::empty({windows.images, windows.channels, windows.rows, windows.columns}, x.options().memory_format(order));
    at::Tensor places = at::empty(y.sizes(), x.options().dtype(at::kInt).memory_format(order));
    const float* from = x.data_ptr<float>();
    float* best = y.data_ptr<float>();
    int32_t* chosen = places.data_ptr<int32_t>();
    at::parallel_for(0, windows.images * windows.rows, windows.grain(), [&](int64_t begin, int64_t end) {
      for (int64_t row = begin; row < end; row++) {
        int64_t first, own;
        if (windows.pairs(row, &first, &own)) {
          const float* top = from + first;
          take_pairs(top, top + windows.width * windows.channels, best + own, chosen + own, windows.columns, windows.channels);
          continue;
        }
        windows.walk(row, row + 1, [&](int64_t cell, int64_t window, int32_t place) {
          if (place == 0) {
            take_first(from + cell, best + window, chosen + window, windows.channels);
          } else {
            take_larger(from + cell, place, best + window, chosen + window, windows.channels);
          }
        });
      }
    });
    context->save_for_backward({places});
    context->saved_data["shape"] = std::vector<int64_t>{x.size(0), x.size(1), x.size(2), x.size(3), tall, wide, ceil_mode};
    return y;
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context, torch::autograd::variable_list gradients) {
    const at::Tensor places = context->get_saved_variables()[0];
    const std::vector<int64_t> shape = context->saved_data["shape"].toIntVector();
    const auto options = gradients[0].options().memory_format(at::MemoryFormat::ChannelsLast);
    const at::Tensor like = at::empty({0, shape[1], shape[2], shape[3]}, options);
    Windows windows(like, shape[4], shape[5], shape[6] != 0);
    windows.images = shape[0];
    if (at::GradMode::is_enabled()) return {differentiable_backward(windows, places, gradients[0]), at::Tensor(), at::Tensor(), at::Tensor()};

    const at::Tensor dy = gradients[0].contiguous(at::MemoryFormat::ChannelsLast);
    const at::IntArrayRef sizes = at::IntArrayRef(shape).slice(0, 4);
    const bool covered = windows.rows * windows.tall >= windows.height && windows.columns * windows.wide >= windows.width;
    at::Tensor dx = at::empty(sizes, options);
    // Not at::zeros: it knows no order of memory.
    if (!covered) dx.zero_();
    const float* above = dy.data_ptr<float>();
    const int32_t* chosen = places.data_ptr<int32_t>();
    float* to = dx.data_ptr<float>();
    at::parallel_for(0, windows.images * windows.rows, windows.grain(), [&](int64_t begin, int64_t end) {
      for (int64_t row = begin; row < end; row++) {
        int64_t first, own;
        if (windows.pairs(row, &first, &own)) {
          float* top = to + first;
          give_pairs(above + own, chosen + own, top, top + windows.width * windows.channels, windows.columns, windows.channels);
          continue;
        }
        windows.walk(row, row + 1, [&](int64_t cell, int64_t window, int32_t place) {
          give_back(above + window, chosen + window, place, to + cell, windows.channels);
        });
      }
    });
    return {dx, at::Tensor(), at::Tensor(), at::Tensor()};
  }

 private:
  // The same in terms of libtorch's functions, for a gradient that is itself to be differentiated.
  static at::Tensor differentiable_backward(const Windows& w, const at::Tensor& places, const at::Tensor& dy) {
    const auto whole = places.options().dtype(at::kLong).memory_format(c10::nullopt);
    const at::Tensor left = at::arange(w.columns, whole) * w.wide;
    const at::Tensor top = (at::arange(w.rows, whole) * w.tall).unsqueeze(1);
    // A last window that is cut short has fewer columns to count its places by.
    const at::Tensor across = (w.width - left).clamp_max(w.wide);
    const at::Tensor place = places.to(at::kLong);
    const at::Tensor down = at::div(place, across, "floor");
    const at::Tensor flat = (top + down) * w.width + left + (place - down * across);
    return at::zeros({w.images, w.channels, w.height * w.width}, dy.options().memory_format(c10::nullopt))
        .scatter(2, flat.flatten(2), dy.flatten(2))
        .view({w.images, w.channels, w.height, w.width});
  }
};

bool all_are(const int64_t* values, int64_t count, int64_t wanted) {
  return std::all_of(values, values + count, [&](int64_t value) { return value == wanted; });
}

}  // namespace

ST_API Handle st_max_pool2d(Handle input, const int64_t* kernel, int64_t kernels, const int64_t* stride, int64_t strides,
                            const int64_t* padding, int64_t paddings, const int64_t* dilation, int64_t dilations, int32_t ceil_mode) {
  return produce([&] {
    const bool apart = kernels == strides && std::equal(kernel, kernel + kernels, stride) && all_are(padding, paddings, 0) &&
                       all_are(dilation, dilations, 1);
    const int64_t tall = kernel[0], wide = kernel[kernels - 1];
    const bool ours = apart && input->dim() == 4 && input->device().is_cpu() && input->scalar_type() == at::kFloat && input->numel() > 0 &&
                      input->is_contiguous(at::MemoryFormat::ChannelsLast) && tall > 0 && wide > 0 &&
                      (ceil_mode != 0 || (tall <= input->size(2) && wide <= input->size(3))) &&
                      tall * wide <= std::numeric_limits<int32_t>::max();
    if (ours) return MaxPool::apply(*input, tall, wide, ceil_mode != 0);
    return at::max_pool2d(*input, st::list(kernel, kernels), st::list(stride, strides), st::list(padding, paddings),
                          st::list(dilation, dilations), ceil_mode != 0);
  });
}
