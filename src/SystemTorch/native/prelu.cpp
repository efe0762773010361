// PReLU (He et al. 2015) that keeps the memory order of its input.
//
// libtorch 1.13 turns a channels-last image into channels-first and back around its PReLU, which between two
// convolutions costs more than the layer itself. For floats on the CPU the two loops below take its place.
#include "systemtorch.h"

#include <algorithm>

// The loops are compiled once more for wider registers, chosen when the library is loaded.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define ST_WIDE __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define ST_WIDE
#endif

namespace {

// Rows of one image or plane are handled in blocks whose number does not depend on the threads: the sums are the same however many run.
constexpr int64_t kBlocks = 32;

// Values whose slope changes from one to the next (the last axis of channels-last memory, or of a matrix).
ST_WIDE void forward_rows(const float* x, const float* slope, float* y, int64_t rows, int64_t channels) {
  for (int64_t row = 0; row < rows; row++, x += channels, y += channels) {
    for (int64_t c = 0; c < channels; c++) y[c] = x[c] > 0 ? x[c] : slope[c] * x[c];
  }
}
ST_WIDE void backward_rows(const float* x, const float* slope, const float* dy, float* dx, float* dslope, int64_t rows, int64_t channels) {
  for (int64_t row = 0; row < rows; row++, x += channels, dy += channels, dx += channels) {
    for (int64_t c = 0; c < channels; c++) {
      dx[c] = x[c] > 0 ? dy[c] : slope[c] * dy[c];
      dslope[c] += x[c] > 0 ? 0.0f : x[c] * dy[c];
    }
  }
}

// Values that share one slope (a plane of channels-first memory).
ST_WIDE void forward_plane(const float* x, float slope, float* y, int64_t count) {
  for (int64_t i = 0; i < count; i++) y[i] = x[i] > 0 ? x[i] : slope * x[i];
}
ST_WIDE float backward_plane(const float* x, float slope, const float* dy, float* dx, int64_t count) {
  constexpr int kLanes = 16;
  float sums[kLanes] = {};
  int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    for (int lane = 0; lane < kLanes; lane++) {
      dx[i + lane] = x[i + lane] > 0 ? dy[i + lane] : slope * dy[i + lane];
      sums[lane] += x[i + lane] > 0 ? 0.0f : x[i + lane] * dy[i + lane];
    }
  }
  for (; i < count; i++) {
    dx[i] = x[i] > 0 ? dy[i] : slope * dy[i];
    sums[0] += x[i] > 0 ? 0.0f : x[i] * dy[i];
  }
  float sum = 0;
  for (const float lane : sums) sum += lane;
  return sum;
}

// How the slopes lie in memory: rows of one slope a channel, or planes of one slope each.
struct Layout {
  bool rows_of_channels;
  int64_t outer;     // rows, or planes
  int64_t channels;  // slopes
  int64_t plane;     // values of a plane
};

Layout layout_of(const at::Tensor& x, int64_t slopes) {
  // One slope for all: any order of memory is cut into as many planes as there are blocks.
  if (slopes == 1) return {false, kBlocks, 1, (x.numel() + kBlocks - 1) / kBlocks};
  const int64_t channels = x.size(1);
  if (x.dim() == 2 || x.is_contiguous(at::MemoryFormat::ChannelsLast)) return {true, channels == 0 ? 0 : x.numel() / channels, channels, 1};
  return {false, x.size(0) * channels, channels, x.size(2) * x.size(3)};
}

at::MemoryFormat order_of(const at::Tensor& x) {
  return x.dim() == 4 && x.is_contiguous(at::MemoryFormat::ChannelsLast) ? at::MemoryFormat::ChannelsLast : at::MemoryFormat::Contiguous;
}

// How much of a plane from this offset on lies inside the tensor; the last of equal planes may be cut short.
int64_t within(const at::Tensor& x, int64_t offset, int64_t plane) { return std::max<int64_t>(0, std::min(plane, x.numel() - offset)); }

int64_t grain(int64_t values_per_item) { return std::max<int64_t>(1, 16384 / std::max<int64_t>(1, values_per_item)); }

class PRelu : public torch::autograd::Function<PRelu> {
 public:
  static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& input, const at::Tensor& weight) {
    const at::Tensor x = input.contiguous(order_of(input));
    const at::Tensor slope = weight.contiguous();
    context->save_for_backward({x, slope});
    at::Tensor y = at::empty_like(x);
    const Layout layout = layout_of(x, slope.numel());
    const float* from = x.data_ptr<float>();
    const float* slopes = slope.data_ptr<float>();
    float* to = y.data_ptr<float>();
    if (layout.rows_of_channels) {
      at::parallel_for(0, layout.outer, grain(layout.channels), [&](int64_t begin, int64_t end) {
        const int64_t offset = begin * layout.channels;
        forward_rows(from + offset, slopes, to + offset, end - begin, layout.channels);
      });
    } else {
      at::parallel_for(0, layout.outer, grain(layout.plane), [&](int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end; i++) {
          const int64_t offset = i * layout.plane;
          forward_plane(from + offset, slopes[i % layout.channels], to + offset, within(x, offset, layout.plane));
        }
      });
    }
    return y;
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context, torch::autograd::variable_list gradients) {
    const auto saved = context->get_saved_variables();
    const at::Tensor& x = saved[0];
    const at::Tensor& slope = saved[1];
    if (at::GradMode::is_enabled()) return differentiable_backward(x, slope, gradients[0]);

    const at::Tensor dy = gradients[0].contiguous(order_of(x));
    at::Tensor dx = at::empty_like(x);
    const Layout layout = layout_of(x, slope.numel());
    const float* from = x.data_ptr<float>();
    const float* slopes = slope.data_ptr<float>();
    const float* above = dy.data_ptr<float>();
    float* to = dx.data_ptr<float>();
    at::Tensor dslope;
    if (layout.rows_of_channels) {
      const int64_t rows_per_block = std::max<int64_t>(1, (layout.outer + kBlocks - 1) / kBlocks);
      at::Tensor partial = at::zeros({kBlocks, layout.channels}, x.options().memory_format(c10::nullopt));
      float* sums = partial.data_ptr<float>();
      const int64_t blocks_per_task = std::max<int64_t>(1, grain(layout.channels) / rows_per_block);
      at::parallel_for(0, kBlocks, blocks_per_task, [&](int64_t begin, int64_t end) {
        for (int64_t block = begin; block < end; block++) {
          const int64_t first = std::min(block * rows_per_block, layout.outer);
          const int64_t last = std::min(first + rows_per_block, layout.outer);
          const int64_t offset = first * layout.channels;
          backward_rows(from + offset, slopes, above + offset, to + offset, sums + block * layout.channels, last - first, layout.channels);
        }
      });
      dslope = partial.sum(0);
    } else {
      at::Tensor partial = at::empty({layout.outer / layout.channels, layout.channels}, x.options().memory_format(c10::nullopt));
      float* sums = partial.data_ptr<float>();
      at::parallel_for(0, layout.outer, grain(layout.plane), [&](int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end; i++) {
          const int64_t offset = i * layout.plane;
          const float own = slopes[i % layout.channels];
          sums[i] = backward_plane(from + offset, own, above + offset, to + offset, within(x, offset, layout.plane));
        }
      });
      dslope = partial.sum(0);
    }
    return {dx, dslope};
  }

 private:
  // The same in terms of libtorch's functions, for a gradient that is itself to be differentiated.
  static torch::autograd::variable_list differentiable_backward(const at::Tensor& x, const at::Tensor& slope, const at::Tensor& dy) {
    std::vector<int64_t> shape(x.dim(), 1);
    shape[1] = slope.numel();
    const at::Tensor positive = x > 0;
    std::vector<int64_t> others;
    for (int64_t dim = 0; dim < x.dim(); dim++) {
      if (dim != 1 || slope.numel() == 1) others.push_back(dim);
    }
    return {at::where(positive, dy, slope.view(shape) * dy),
            at::where(positive, at::zeros_like(x), x * dy).sum(others).view(slope.sizes())};
  }
};

}  // namespace

ST_API Handle st_prelu(Handle input, Handle weight) {
  return produce([&] {
    const bool ours = input->device().is_cpu() && weight->device().is_cpu() && input->scalar_type() == at::kFloat &&
                      weight->scalar_type() == at::kFloat && (input->dim() == 2 || input->dim() == 4) && weight->dim() == 1 &&
                      (weight->numel() == 1 || weight->numel() == input->size(1)) && input->numel() > 0;
    return ours ? PRelu::apply(*input, *weight) : at::prelu(*input, *weight);
  });
}
