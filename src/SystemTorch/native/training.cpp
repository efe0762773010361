// Gradients and optimisers.
#include "systemtorch.h"

#include <cmath>

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define ST_WIDE __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define ST_WIDE
#endif

// Gradients.

ST_API int32_t st_requires_grad(Handle tensor) { return tensor->requires_grad(); }
ST_API int32_t st_set_requires_grad(Handle tensor, int32_t requires_grad) {
  return perform([&] { tensor->set_requires_grad(requires_grad != 0); });
}
ST_API int32_t st_retain_grad(Handle tensor) {
  return perform([&] { tensor->retain_grad(); });
}
// Null, and no error, for a tensor without a gradient.
ST_API int32_t st_grad(Handle tensor, Handle* gradient) {
  return perform([&] {
    const at::Tensor& found = tensor->grad();
    *gradient = found.defined() ? st::hold(found) : nullptr;
  });
}
ST_API int32_t st_set_grad(Handle tensor, Handle gradient) {
  return perform([&] { tensor->mutable_grad() = st::or_undefined(gradient); });
}
ST_API int32_t st_backward(const Handle* tensors, int64_t count, const Handle* gradients, int64_t gradient_count, int32_t retain,
                           int32_t create, const Handle* inputs, int64_t input_count) {
  return perform([&] {
    torch::autograd::backward(st::gather(tensors, count), st::gather(gradients, gradient_count), retain != 0, create != 0,
                              st::gather(inputs, input_count));
  });
}
ST_API int32_t st_autograd_grad(const Handle* outputs, int64_t count, const Handle* inputs, int64_t input_count, const Handle* gradients,
                                int64_t gradient_count, int32_t retain, int32_t create, int32_t allow_unused, Handle* out) {
  return perform([&] {
    const auto made = torch::autograd::grad(st::gather(outputs, count), st::gather(inputs, input_count),
                                            st::gather(gradients, gradient_count), retain != 0, create != 0, allow_unused != 0);
    for (size_t i = 0; i < made.size(); i++) out[i] = made[i].defined() ? st::hold(made[i]) : nullptr;
  });
}

// The list's gradients become zero, or none at all.
ST_API int32_t st_zero_grads(const Handle* parameters, int64_t count, int32_t to_none) {
  return perform([&] {
    at::NoGradGuard guard;
    for (int64_t i = 0; i < count; i++) {
      at::Tensor& gradient = parameters[i]->mutable_grad();
      if (!gradient.defined()) continue;
      if (to_none) {
        gradient = at::Tensor();
      } else {
        gradient = gradient.detach();
        gradient.zero_();
      }
    }
  });
}

// Scales the gradients so that their norm, taken as of one vector, is at most the limit; norm becomes what it was before.
ST_API int32_t st_clip_grad_norm_(const Handle* parameters, int64_t count, double limit, double p, double* norm) {
  return perform([&] {
    at::NoGradGuard guard;
    std::vector<at::Tensor> gradients;
    std::vector<at::Tensor> norms;
    *norm = 0;
    for (int64_t i = 0; i < count; i++) {
      const at::Tensor& gradient = parameters[i]->grad();
      if (!gradient.defined()) continue;
      gradients.push_back(gradient);
      norms.push_back(std::isinf(p) ? gradient.abs().max() : gradient.norm(at::Scalar(p)));
    }
    if (gradients.empty()) return;
    const at::Tensor all = at::stack(norms);
    *norm = (std::isinf(p) ? all.max() : all.norm(at::Scalar(p))).item().toDouble();
    const double factor = limit / (*norm + 1e-6);
    if (factor < 1) {
      for (at::Tensor& gradient : gradients) gradient.mul_(factor);
    }
  });
}

ST_API int32_t st_clip_grad_value_(const Handle* parameters, int64_t count, double limit) {
  return perform([&] {
    at::NoGradGuard guard;
    for (int64_t i = 0; i < count; i++) {
      at::Tensor& gradient = parameters[i]->mutable_grad();
      if (gradient.defined()) gradient.clamp_(-limit, limit);
    }
  });
}

// Optimisers. One call steps all parameters of a group. A float on the CPU goes through one pass over its memory, in the
// order of PyTorch's operations; anything else through the operations themselves.

namespace {

struct AdamSettings {
  double rate, beta1, beta2, eps, decay;
  int32_t amsgrad, maximize;
};

struct AdamScale {
  float beta1, one_less_beta1, beta2, one_less_beta2, eps, decay, root_correction2, step, sign;
};

ST_WIDE void adam_values(float* p, const float* g, float* m, float* v, int64_t count, const AdamScale s) {
  for (int64_t i = 0; i < count; i++) {
    float gradient = g[i] * s.sign + s.decay * p[i];
    m[i] = m[i] * s.beta1 + s.one_less_beta1 * gradient;
    v[i] = v[i] * s.beta2 + s.one_less_beta2 * (gradient * gradient);
    p[i] = p[i] - s.step * m[i] / (std::sqrt(v[i]) / s.root_correction2 + s.eps);
  }
}
ST_WIDE void amsgrad_values(float* p, const float* g, float* m, float* v, float* top, int64_t count, const AdamScale s) {
  for (int64_t i = 0; i < count; i++) {
    float gradient = g[i] * s.sign + s.decay * p[i];
    m[i] = m[i] * s.beta1 + s.one_less_beta1 * gradient;
    v[i] = v[i] * s.beta2 + s.one_less_beta2 * (gradient * gradient);
    // Written so that a NaN stays one, as PyTorch's maximum does.
    top[i] = top[i] >= v[i] ? top[i] : v[i];
    p[i] = p[i] - s.step * m[i] / (std::sqrt(top[i]) / s.root_correction2 + s.eps);
  }
}
ST_WIDE void momentum_values(float* p, const float* g, float* m, int64_t count, float sign, float decay, float momentum, float undamped,
                             float rate, bool nesterov, bool first) {
  for (int64_t i = 0; i < count; i++) {
    float gradient = g[i] * sign + decay * p[i];
    m[i] = first ? gradient : m[i] * momentum + undamped * gradient;
    p[i] = p[i] - rate * (nesterov ? gradient + momentum * m[i] : m[i]);
  }
}

// Whether these tensors can be walked as one row of floats, value i of each belonging to value i of the others.
bool one_row(const at::Tensor& p, std::initializer_list<const at::Tensor*> others) {
  if (!p.device().is_cpu() || p.scalar_type() != at::kFloat || !p.is_non_overlapping_and_dense()) return false;
  for (const at::Tensor* other : others) {
    if (!other->defined()) continue;
    if (!other->device().is_cpu() || other->scalar_type() != at::kFloat || other->layout() != at::kStrided) return false;
    if (other->sizes() != p.sizes() || other->strides() != p.strides()) return false;
  }
  return true;
}

void adam_operations(const at::Tensor& p, at::Tensor gradient, const at::Tensor& m, const at::Tensor& v, const at::Tensor& top,
                     const AdamSettings& s, double correction1, double correction2) {
  if (s.maximize) gradient = -gradient;
  if (s.decay != 0) gradient = gradient.add(p, s.decay);
  m.mul_(s.beta1).add_(gradient, 1 - s.beta1);
  v.mul_(s.beta2).addcmul_(gradient, gradient.conj(), 1 - s.beta2);
  if (s.amsgrad) top.copy_(at::maximum(top, v));
  const at::Tensor below = ((s.amsgrad ? top : v).sqrt() / std::sqrt(correction2)).add_(s.eps);
  p.addcdiv_(m, below, -s.rate / correction1);
}

}  // namespace

// steps counts how often each parameter was stepped; a parameter without a gradient is left alone.
ST_API int32_t st_adam_step(const Handle* parameters, const Handle* averages, const Handle* squares, const Handle* tops, int64_t* steps,
                            int64_t count, AdamSettings settings) {
  return perform([&] {
    at::NoGradGuard guard;
    for (int64_t i = 0; i < count; i++) {
      const at::Tensor& p = *parameters[i];
      at::Tensor gradient = p.grad();
      if (!gradient.defined()) continue;
      const at::Tensor& m = *averages[i];
      const at::Tensor& v = *squares[i];
      const at::Tensor top = settings.amsgrad ? *tops[i] : at::Tensor();
      steps[i]++;
      const double correction1 = 1 - std::pow(settings.beta1, static_cast<double>(steps[i]));
      const double correction2 = 1 - std::pow(settings.beta2, static_cast<double>(steps[i]));
      if (gradient.strides() != p.strides() && gradient.device().is_cpu()) gradient = at::empty_like(p).copy_(gradient);
      if (!one_row(p, {&gradient, &m, &v, &top})) {
        adam_operations(p, gradient, m, v, top, settings, correction1, correction2);
        continue;
      }
      const AdamScale scale{static_cast<float>(settings.beta1),
                            static_cast<float>(1 - settings.beta1),
                            static_cast<float>(settings.beta2),
                            static_cast<float>(1 - settings.beta2),
                            static_cast<float>(settings.eps),
                            static_cast<float>(settings.decay),
                            static_cast<float>(std::sqrt(correction2)),
                            static_cast<float>(settings.rate / correction1),
                            settings.maximize ? -1.0f : 1.0f};
      float* values = p.data_ptr<float>();
      const float* slopes = gradient.data_ptr<float>();
      float* first = m.data_ptr<float>();
      float* second = v.data_ptr<float>();
      float* highest = top.defined() ? top.data_ptr<float>() : nullptr;
      at::parallel_for(0, p.numel(), 32768, [&](int64_t begin, int64_t end) {
        const int64_t length = end - begin;
        if (highest != nullptr) {
          amsgrad_values(values + begin, slopes + begin, first + begin, second + begin, highest + begin, length, scale);
        } else {
          adam_values(values + begin, slopes + begin, first + begin, second + begin, length, scale);
        }
      });
      // What autograd saved of the parameter is no longer its value: a backward pass through it must say so.
      p.unsafeGetTensorImpl()->bump_version();
    }
  });
}

struct SgdSettings {
  double rate, momentum, dampening, decay;
  int32_t nesterov, maximize;
};

// buffers[i] is null until the first step with momentum, which makes it.
ST_API int32_t st_sgd_step(const Handle* parameters, Handle* buffers, int64_t count, SgdSettings settings) {
  return perform([&] {
    at::NoGradGuard guard;
    const double sign = settings.maximize ? -1.0 : 1.0;
    for (int64_t i = 0; i < count; i++) {
      const at::Tensor& p = *parameters[i];
      at::Tensor gradient = p.grad();
      if (!gradient.defined()) continue;
      const bool first = buffers[i] == nullptr;
      if (settings.momentum != 0) {
        if (first) buffers[i] = st::hold(at::zeros_like(p));
        if (gradient.strides() != p.strides() && gradient.device().is_cpu()) gradient = at::empty_like(p).copy_(gradient);
        const at::Tensor& buffer = *buffers[i];
        if (one_row(p, {&gradient, &buffer})) {
          float* values = p.data_ptr<float>();
          const float* slopes = gradient.data_ptr<float>();
          float* moved = buffer.data_ptr<float>();
          at::parallel_for(0, p.numel(), 32768, [&](int64_t begin, int64_t end) {
            momentum_values(values + begin, slopes + begin, moved + begin, end - begin, static_cast<float>(sign),
                            static_cast<float>(settings.decay), static_cast<float>(settings.momentum),
                            static_cast<float>(1 - settings.dampening), static_cast<float>(settings.rate), settings.nesterov != 0, first);
          });
          p.unsafeGetTensorImpl()->bump_version();
          continue;
        }
        if (settings.maximize) gradient = -gradient;
        if (settings.decay != 0) gradient = gradient.add(p, settings.decay);
        if (first) {
          buffer.copy_(gradient);
        } else {
          buffer.mul_(settings.momentum).add_(gradient, 1 - settings.dampening);
        }
        p.add_(settings.nesterov ? gradient.add(buffer, settings.momentum) : buffer, -settings.rate);
      } else {
        if (settings.maximize) gradient = -gradient;
        if (settings.decay != 0) gradient = gradient.add(p, settings.decay);
        p.add_(gradient, -settings.rate);
      }
    }
  });
}
