// Batch normalisation (Ioffe and Szegedy 2015) in training, of floats on the CPU with the channels last in memory.
//
// libtorch 1.13 goes over the image four times in its forward pass and as often in its backward pass. Here each has two: one for the sums and
// one that writes. The figures do not depend on the number of threads.
#include "systemtorch.h"

#include <algorithm>
#include <cmath>

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define ST_WIDE __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define ST_WIDE
#endif

namespace {

// Blocks of rows whose sums are taken apart: as many whatever the threads.
constexpr int64_t kBlocks = 64;
// Rows of few channels are walked several at a time, so that a loop over them fills wide registers.
constexpr int64_t kWidth = 96;

ST_WIDE void add_rows(const float* x, float* sums, int64_t rows, int64_t width) {
  for (int64_t row = 0; row < rows; row++, x += width) {
    for (int64_t i = 0; i < width; i++) sums[i] += x[i];
  }
}
ST_WIDE void add_squares(const float* x, const float* mean, float* sums, int64_t rows, int64_t width) {
  for (int64_t row = 0; row < rows; row++, x += width) {
    for (int64_t i = 0; i < width; i++) {
      const float off = x[i] - mean[i];
      sums[i] += off * off;
    }
  }
}
ST_WIDE void scale_rows(const float* x, const float* scale, const float* shift, float* y, int64_t rows, int64_t width) {
  for (int64_t row = 0; row < rows; row++, x += width, y += width) {
    for (int64_t i = 0; i < width; i++) y[i] = x[i] * scale[i] + shift[i];
  }
}
ST_WIDE void add_slopes(const float* x, const float* dy, const float* mean, float* sums, float* products, int64_t rows, int64_t width) {
  for (int64_t row = 0; row < rows; row++, x += width, dy += width) {
    for (int64_t i = 0; i < width; i++) {
      sums[i] += dy[i];
      products[i] += dy[i] * (x[i] - mean[i]);
    }
  }
}
ST_WIDE void slope_rows(const float* x, const float* dy, const float* of_dy, const float* of_x, const float* constant, float* dx, int64_t rows,
                        int64_t width) {
  for (int64_t row = 0; row < rows; row++, x += width, dy += width, dx += width) {
    for (int64_t i = 0; i < width; i++) dx[i] = of_dy[i] * dy[i] + (of_x[i] * x[i] + constant[i]);
  }
}

// The image as rows of channels, several of which make one wide row.
struct Rows {
  int64_t channels;
  int64_t count;     // rows
  int64_t together;  // rows of a wide row
  int64_t width;     // values of a wide row
  int64_t a_block;   // rows of a block, a multiple of together

  explicit Rows(const at::Tensor& x) {
    channels = x.size(1);
    count = x.numel() / channels;
    together = std::max<int64_t>(1, kWidth / channels);
    width = together * channels;
    const int64_t wide = (count + together - 1) / together;
    a_block = (wide + kBlocks - 1) / kBlocks * together;
  }

  int64_t blocks() const { return (count + a_block - 1) / a_block; }
  int64_t grain() const { return std::max<int64_t>(1, 32768 / (a_block * channels)); }

  // Once for the wide rows of a block, and once more for the rows left over.
  template <class Body>
  void walk(int64_t block, Body&& body) const {
    const int64_t first = block * a_block;
    const int64_t rows = std::min(a_block, count - first);
    const int64_t offset = first * channels;
    body(offset, rows / together, width);
    if (const int64_t rest = rows % together; rest > 0) body(offset + rows / together * width, 1, rest * channels);
  }

  // Figures of the channels, repeated for every row of a wide one.
  std::vector<float> repeated(const std::vector<double>& figures) const {
    std::vector<float> made(width);
    for (int64_t i = 0; i < width; i++) made[i] = static_cast<float>(figures[i % channels]);
    return made;
  }
};

at::MemoryFormat order_of(const at::Tensor& x) { return x.dim() == 4 ? at::MemoryFormat::ChannelsLast : at::MemoryFormat::Contiguous; }

using Optional = c10::optional<at::Tensor>;

class BatchNorm : public torch::autograd::Function<BatchNorm> {
 public:
  static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& input, const Optional& own_weight,
                            const Optional& own_bias, const Optional& running_mean, const Optional& running_variance, double momentum, double eps) {
    const at::Tensor weight = own_weight.value_or(at::Tensor());
    const at::Tensor bias = own_bias.value_or(at::Tensor());
    const at::Tensor x = input.contiguous(order_of(input));
    const Rows rows(x);
    const float* from = x.data_ptr<float>();
    const int64_t channels = rows.channels;
    const int64_t blocks = rows.blocks();

    // Mean and sum of squares about it, of each block; the second look at a block finds it in the cache.
    std::vector<double> means(blocks * channels), squares(blocks * channels);
    at::parallel_for(0, blocks, rows.grain(), [&](int64_t begin, int64_t end) {
      std::vector<float> sums(rows.width), centre(rows.width);
      for (int64_t block = begin; block < end; block++) {
        const double cells = static_cast<double>(std::min(rows.a_block, rows.count - block * rows.a_block));
        double* mean = &means[block * channels];
        double* square = &squares[block * channels];
        std::fill(sums.begin(), sums.end(), 0.0f);
        rows.walk(block, [&](int64_t offset, int64_t count, int64_t width) { add_rows(from + offset, sums.data(), count, width); });
        for (int64_t i = 0; i < rows.width; i++) mean[i % channels] += sums[i] / cells;
        for (int64_t i = 0; i < rows.width; i++) centre[i] = static_cast<float>(mean[i % channels]);
        for (int64_t c = 0; c < channels; c++) mean[c] = centre[c];
        std::fill(sums.begin(), sums.end(), 0.0f);
        rows.walk(block, [&](int64_t offset, int64_t count, int64_t width) {
          add_squares(from + offset, centre.data(), sums.data(), count, width);
        });
        for (int64_t i = 0; i < rows.width; i++) square[i % channels] += sums[i];
      }
    });
    // Chan, Golub and LeVeque 1979: the blocks put together, each by its distance from the mean so far.
    std::vector<double> mean(channels), square(channels);
    double seen = 0;
    for (int64_t block = 0; block < blocks; block++) {
      const double cells = static_cast<double>(std::min(rows.a_block, rows.count - block * rows.a_block));
      const double share = cells / (seen + cells);
      for (int64_t c = 0; c < channels; c++) {
        const double off = means[block * channels + c] - mean[c];
        square[c] += squares[block * channels + c] + off * off * seen * share;
        mean[c] += off * share;
      }
      seen += cells;
    }

    at::Tensor root = at::empty({2, channels}, x.options().memory_format(c10::nullopt));
    float* saved = root.data_ptr<float>();
    std::vector<double> scale(channels), shift(channels);
    const float* weights = weight.defined() ? weight.data_ptr<float>() : nullptr;
    const float* biases = bias.defined() ? bias.data_ptr<float>() : nullptr;
    for (int64_t c = 0; c < channels; c++) {
      const double inverse = 1 / std::sqrt(square[c] / seen + eps);
      saved[c] = static_cast<float>(mean[c]);
      saved[channels + c] = static_cast<float>(inverse);
      scale[c] = (weights == nullptr ? 1.0 : weights[c]) * inverse;
      shift[c] = (biases == nullptr ? 0.0 : biases[c]) - mean[c] * scale[c];
    }
    follow(running_mean, mean, momentum, 1);
    follow(running_variance, square, momentum, 1 / (seen - 1));

    at::Tensor y = at::empty_like(x);
    float* to = y.data_ptr<float>();
    const std::vector<float> wide_scale = rows.repeated(scale), wide_shift = rows.repeated(shift);
    at::parallel_for(0, blocks, rows.grain(), [&](int64_t begin, int64_t end) {
      for (int64_t block = begin; block < end; block++) {
        rows.walk(block, [&](int64_t offset, int64_t count, int64_t width) {
          scale_rows(from + offset, wide_scale.data(), wide_shift.data(), to + offset, count, width);
        });
      }
    });
    context->save_for_backward({x, weight, root});
    context->saved_data["eps"] = eps;
    context->saved_data["bias"] = bias.defined();
    return y;
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context, torch::autograd::variable_list gradients) {
    const auto saved = context->get_saved_variables();
    const at::Tensor& x = saved[0];
    const at::Tensor& weight = saved[1];
    const at::Tensor& root = saved[2];
    const bool has_bias = context->saved_data["bias"].toBool();
    if (at::GradMode::is_enabled()) return differentiable_backward(x, weight, has_bias, gradients[0], context->saved_data["eps"].toDouble());

    const at::Tensor dy = gradients[0].contiguous(order_of(x));
    const Rows rows(x);
    const int64_t channels = rows.channels;
    const int64_t blocks = rows.blocks();
    const float* from = x.data_ptr<float>();
    const float* above = dy.data_ptr<float>();
    const float* figures = root.data_ptr<float>();
    const std::vector<float> centre = rows.repeated(std::vector<double>(figures, figures + channels));
    std::vector<double> sums(blocks * channels), products(blocks * channels);
    at::parallel_for(0, blocks, rows.grain(), [&](int64_t begin, int64_t end) {
      std::vector<float> sum(rows.width), product(rows.width);
      for (int64_t block = begin; block < end; block++) {
        std::fill(sum.begin(), sum.end(), 0.0f);
        std::fill(product.begin(), product.end(), 0.0f);
        rows.walk(block, [&](int64_t offset, int64_t count, int64_t width) {
          add_slopes(from + offset, above + offset, centre.data(), sum.data(), product.data(), count, width);
        });
        for (int64_t i = 0; i < rows.width; i++) {
          sums[block * channels + i % channels] += sum[i];
          products[block * channels + i % channels] += product[i];
        }
      }
    });
    at::Tensor dweight = weight.defined() ? at::empty_like(weight) : at::Tensor();
    at::Tensor dbias = has_bias ? at::empty({channels}, root.options()) : at::Tensor();
    std::vector<double> of_dy(channels), of_x(channels), constant(channels);
    const double cells = static_cast<double>(rows.count);
    for (int64_t c = 0; c < channels; c++) {
      double sum = 0, product = 0;
      for (int64_t block = 0; block < blocks; block++) {
        sum += sums[block * channels + c];
        product += products[block * channels + c];
      }
      const double mean = figures[c], inverse = figures[channels + c];
      if (dweight.defined()) dweight.data_ptr<float>()[c] = static_cast<float>(product * inverse);
      if (dbias.defined()) dbias.data_ptr<float>()[c] = static_cast<float>(sum);
      of_dy[c] = inverse * (weight.defined() ? weight.data_ptr<float>()[c] : 1.0);
      of_x[c] = -of_dy[c] * inverse * inverse * product / cells;
      constant[c] = -of_dy[c] * sum / cells - of_x[c] * mean;
    }
    at::Tensor dx;
    if (context->needs_input_grad(0)) {
      dx = at::empty_like(x);
      float* to = dx.data_ptr<float>();
      const std::vector<float> a = rows.repeated(of_dy), b = rows.repeated(of_x), c = rows.repeated(constant);
      at::parallel_for(0, blocks, rows.grain(), [&](int64_t begin, int64_t end) {
        for (int64_t block = begin; block < end; block++) {
          rows.walk(block, [&](int64_t offset, int64_t count, int64_t width) {
            slope_rows(from + offset, above + offset, a.data(), b.data(), c.data(), to + offset, count, width);
          });
        }
      });
    }
    return {dx, dweight, dbias, at::Tensor(), at::Tensor(), at::Tensor(), at::Tensor()};
  }

 private:
  static void follow(const Optional& running, const std::vector<double>& figures, double momentum, double factor) {
    if (!running.has_value()) return;
    float* values = running->data_ptr<float>();
    for (size_t c = 0; c < figures.size(); c++) values[c] = static_cast<float>((1 - momentum) * values[c] + momentum * factor * figures[c]);
    running->unsafeGetTensorImpl()->bump_version();
  }

  // The same in terms of libtorch's functions, for a gradient that is itself to be differentiated.
  static torch::autograd::variable_list differentiable_backward(const at::Tensor& x, const at::Tensor& weight, bool has_bias,
                                                                const at::Tensor& dy, double eps) {
    std::vector<int64_t> others, shape(x.dim(), 1);
    shape[1] = x.size(1);
    for (int64_t dim = 0; dim < x.dim(); dim++) {
      if (dim != 1) others.push_back(dim);
    }
    const at::Tensor off = x - x.mean(others, true);
    const at::Tensor inverse = ((off * off).mean(others, true) + eps).rsqrt();
    const at::Tensor unit = off * inverse;
    const at::Tensor slope = weight.defined() ? dy * weight.view(shape) : dy;
    return {inverse * (slope - slope.mean(others, true) - unit * (slope * unit).mean(others, true)),
            weight.defined() ? (dy * unit).sum(others) : at::Tensor(),
            has_bias ? dy.sum(others) : at::Tensor(),
            at::Tensor(),
            at::Tensor(),
            at::Tensor(),
            at::Tensor()};
  }
};

bool floats_on_cpu(Handle tensor, int64_t count) {
  return tensor == nullptr ||
         (tensor->device().is_cpu() && tensor->scalar_type() == at::kFloat && tensor->numel() == count && tensor->is_contiguous());
}

}  // namespace

ST_API Handle st_batch_norm(Handle input, Handle weight, Handle bias, Handle mean, Handle variance, int32_t training, double momentum,
                            double eps) {
  return produce([&] {
    const bool rows = input->dim() == 2 || (input->dim() == 4 && input->is_contiguous(at::MemoryFormat::ChannelsLast));
    const bool ours = training && rows && input->device().is_cpu() && input->scalar_type() == at::kFloat && input->size(1) > 0 &&
                      input->numel() > input->size(1) && floats_on_cpu(weight, input->size(1)) && floats_on_cpu(bias, input->size(1)) &&
                      floats_on_cpu(mean, input->size(1)) && floats_on_cpu(variance, input->size(1));
    if (ours) {
      return BatchNorm::apply(*input, st::or_none(weight), st::or_none(bias), st::or_none(mean), st::or_none(variance), momentum, eps);
    }
    return at::batch_norm(*input, st::or_none(weight), st::or_none(bias), st::or_none(mean), st::or_none(variance), training != 0,
                          momentum, eps, at::globalContext().userEnabledCuDNN());
  });
}
