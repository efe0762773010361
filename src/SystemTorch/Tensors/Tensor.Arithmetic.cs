using static TorchSharp.NativeMethods;

namespace TorchSharp;

public static partial class torch
{
    // Element-wise arithmetic and comparison. A name that ends in an underscore changes the tensor and returns it.
    public unsafe partial class Tensor
    {
        private static readonly Number One = new(1, 1, 0);

        public Tensor abs() => Take(st_abs(Handle), this);

        public Tensor abs_() => Done(st_abs_(Handle));

        public Tensor neg() => Take(st_neg(Handle), this);

        public Tensor neg_() => Done(st_neg_(Handle));

        public Tensor exp() => Take(st_exp(Handle), this);

        public Tensor exp_() => Done(st_exp_(Handle));

        public Tensor expm1() => Take(st_expm1(Handle), this);

        public Tensor expm1_() => Done(st_expm1_(Handle));

        public Tensor log() => Take(st_log(Handle), this);

        public Tensor log_() => Done(st_log_(Handle));

        public Tensor log1p() => Take(st_log1p(Handle), this);

        public Tensor log1p_() => Done(st_log1p_(Handle));

        public Tensor log2() => Take(st_log2(Handle), this);

        public Tensor log2_() => Done(st_log2_(Handle));

        public Tensor log10() => Take(st_log10(Handle), this);

        public Tensor log10_() => Done(st_log10_(Handle));

        public Tensor sqrt() => Take(st_sqrt(Handle), this);

        public Tensor sqrt_() => Done(st_sqrt_(Handle));

        public Tensor rsqrt() => Take(st_rsqrt(Handle), this);

        public Tensor rsqrt_() => Done(st_rsqrt_(Handle));

        public Tensor reciprocal() => Take(st_reciprocal(Handle), this);

        public Tensor reciprocal_() => Done(st_reciprocal_(Handle));

        public Tensor floor() => Take(st_floor(Handle), this);

        public Tensor floor_() => Done(st_floor_(Handle));

        public Tensor ceil() => Take(st_ceil(Handle), this);

        public Tensor ceil_() => Done(st_ceil_(Handle));

        public Tensor sign() => Take(st_sign(Handle), this);

        public Tensor sign_() => Done(st_sign_(Handle));

        public Tensor sin() => Take(st_sin(Handle), this);

        public Tensor sin_() => Done(st_sin_(Handle));

        public Tensor cos() => Take(st_cos(Handle), this);

        public Tensor cos_() => Done(st_cos_(Handle));

        public Tensor tanh() => Take(st_tanh(Handle), this);

        public Tensor tanh_() => Done(st_tanh_(Handle));

        public Tensor sigmoid() => Take(st_sigmoid(Handle), this);

        public Tensor sigmoid_() => Done(st_sigmoid_(Handle));

        public Tensor relu() => Take(st_relu(Handle), this);

        public Tensor relu_() => Done(st_relu_(Handle));

        public Tensor erf() => Take(st_erf(Handle), this);

        public Tensor erf_() => Done(st_erf_(Handle));

        public Tensor logical_not() => Take(st_logical_not(Handle), this);

        public Tensor logical_not_() => Done(st_logical_not_(Handle));

        public Tensor round() => Take(st_round(Handle), this);

        public Tensor round_() => Done(st_round_(Handle));

        public Tensor bitwise_not() => Take(st_bitwise_not(Handle), this);

        public Tensor isnan() => Take(st_isnan(Handle), this);

        public Tensor isinf() => Take(st_isinf(Handle), this);

        public Tensor isfinite() => Take(st_isfinite(Handle), this);

        public Tensor real => Take(st_real(Handle), this);

        public Tensor imag => Take(st_imag(Handle), this);

        public Tensor angle() => Take(st_angle(Handle), this);

        public Tensor conj() => Take(st_conj(Handle), this);

        public Tensor view_as_real() => Take(st_view_as_real(Handle), this);

        public Tensor view_as_complex() => Take(st_view_as_complex(Handle), this);

        public Tensor square() => pow(2);

        public Tensor negative() => neg();

        public Tensor log_sigmoid() => Take(st_log_sigmoid(Handle), this);

        public Tensor softplus(double beta = 1, double threshold = 20) => Take(st_softplus(Handle, beta, threshold), this);

        public Tensor leaky_relu(Scalar negative_slope) => Take(st_leaky_relu(Handle, negative_slope.Number), this);

        public Tensor gelu() => Take(st_gelu(Handle), this);

        public Tensor silu() => Take(st_silu(Handle), this);

        public Tensor prelu(Tensor target) => Take(st_prelu(Handle, target.Handle), this, target);

        public Tensor add(Tensor target) => Take(st_add(Handle, target.Handle, One), this, target);

        public Tensor add(Tensor target, Scalar alpha) => Take(st_add(Handle, target.Handle, alpha.Number), this, target);

        public Tensor add(Scalar scalar) => Take(st_add_scalar(Handle, scalar.Number), this);

        public Tensor add_(Tensor target) => Done(st_add_(Handle, target.Handle, One), target);

        public Tensor add_(Tensor target, Scalar alpha) => Done(st_add_(Handle, target.Handle, alpha.Number), target);

        public Tensor add_(Scalar scalar) => Done(st_add_scalar_(Handle, scalar.Number));

        public Tensor sub(Tensor target) => Take(st_sub(Handle, target.Handle), this, target);

        public Tensor sub(Scalar target) => Take(st_sub_scalar(Handle, target.Number), this);

        public Tensor sub_(Tensor target) => Done(st_sub_(Handle, target.Handle), target);

        public Tensor sub_(Scalar target) => Done(st_sub_scalar_(Handle, target.Number));

        public Tensor mul(Tensor target) => Take(st_mul(Handle, target.Handle), this, target);

        public Tensor mul(Scalar target) => Take(st_mul_scalar(Handle, target.Number), this);

        public Tensor mul_(Tensor target) => Done(st_mul_(Handle, target.Handle), target);

        public Tensor mul_(Scalar target) => Done(st_mul_scalar_(Handle, target.Number));

        public Tensor div(Tensor target) => Take(st_div(Handle, target.Handle), this, target);

        public Tensor div(Scalar target) => Take(st_div_scalar(Handle, target.Number), this);

        public Tensor div_(Tensor target) => Done(st_div_(Handle, target.Handle), target);

        public Tensor div_(Scalar target) => Done(st_div_scalar_(Handle, target.Number));

        public Tensor pow(Tensor exponent) => Take(st_pow(Handle, exponent.Handle), this, exponent);

        public Tensor pow(Scalar exponent) => Take(st_pow_scalar(Handle, exponent.Number), this);

        public Tensor pow_(Tensor exponent) => Done(st_pow_(Handle, exponent.Handle), exponent);

        public Tensor pow_(Scalar exponent) => Done(st_pow_scalar_(Handle, exponent.Number));

        public Tensor remainder(Tensor target) => Take(st_remainder(Handle, target.Handle), this, target);

        public Tensor remainder(Scalar target) => Take(st_remainder_scalar(Handle, target.Number), this);

        public Tensor remainder_(Tensor target) => Done(st_remainder_(Handle, target.Handle), target);

        public Tensor remainder_(Scalar target) => Done(st_remainder_scalar_(Handle, target.Number));

        public Tensor eq(Tensor target) => Take(st_eq(Handle, target.Handle), this, target);

        public Tensor eq(Scalar target) => Take(st_eq_scalar(Handle, target.Number), this);

        public Tensor eq_(Tensor target) => Done(st_eq_(Handle, target.Handle), target);

        public Tensor eq_(Scalar target) => Done(st_eq_scalar_(Handle, target.Number));

        public Tensor ne(Tensor target) => Take(st_ne(Handle, target.Handle), this, target);

        public Tensor ne(Scalar target) => Take(st_ne_scalar(Handle, target.Number), this);

        public Tensor ne_(Tensor target) => Done(st_ne_(Handle, target.Handle), target);

        public Tensor ne_(Scalar target) => Done(st_ne_scalar_(Handle, target.Number));

        public Tensor lt(Tensor target) => Take(st_lt(Handle, target.Handle), this, target);

        public Tensor lt(Scalar target) => Take(st_lt_scalar(Handle, target.Number), this);

        public Tensor lt_(Tensor target) => Done(st_lt_(Handle, target.Handle), target);

        public Tensor lt_(Scalar target) => Done(st_lt_scalar_(Handle, target.Number));

        public Tensor le(Tensor target) => Take(st_le(Handle, target.Handle), this, target);

        public Tensor le(Scalar target) => Take(st_le_scalar(Handle, target.Number), this);

        public Tensor le_(Tensor target) => Done(st_le_(Handle, target.Handle), target);

        public Tensor le_(Scalar target) => Done(st_le_scalar_(Handle, target.Number));

        public Tensor gt(Tensor target) => Take(st_gt(Handle, target.Handle), this, target);

        public Tensor gt(Scalar target) => Take(st_gt_scalar(Handle, target.Number), this);

        public Tensor gt_(Tensor target) => Done(st_gt_(Handle, target.Handle), target);

        public Tensor gt_(Scalar target) => Done(st_gt_scalar_(Handle, target.Number));

        public Tensor ge(Tensor target) => Take(st_ge(Handle, target.Handle), this, target);

        public Tensor ge(Scalar target) => Take(st_ge_scalar(Handle, target.Number), this);

        public Tensor ge_(Tensor target) => Done(st_ge_(Handle, target.Handle), target);

        public Tensor ge_(Scalar target) => Done(st_ge_scalar_(Handle, target.Number));

        public Tensor logical_and(Tensor other) => Take(st_logical_and(Handle, other.Handle), this, other);

        public Tensor logical_and_(Tensor other) => Done(st_logical_and_(Handle, other.Handle), other);

        public Tensor logical_or(Tensor other) => Take(st_logical_or(Handle, other.Handle), this, other);

        public Tensor logical_or_(Tensor other) => Done(st_logical_or_(Handle, other.Handle), other);

        public Tensor logical_xor(Tensor other) => Take(st_logical_xor(Handle, other.Handle), this, other);

        public Tensor logical_xor_(Tensor other) => Done(st_logical_xor_(Handle, other.Handle), other);

        public Tensor bitwise_and(Tensor other) => Take(st_bitwise_and(Handle, other.Handle), this, other);

        public Tensor bitwise_or(Tensor other) => Take(st_bitwise_or(Handle, other.Handle), this, other);

        public Tensor bitwise_xor(Tensor other) => Take(st_bitwise_xor(Handle, other.Handle), this, other);

        public Tensor maximum(Tensor other) => Take(st_maximum(Handle, other.Handle), this, other);

        public Tensor minimum(Tensor other) => Take(st_minimum(Handle, other.Handle), this, other);

        public Tensor atan2(Tensor other) => Take(st_atan2(Handle, other.Handle), this, other);

        public Tensor logaddexp(Tensor other) => Take(st_logaddexp(Handle, other.Handle), this, other);

        public Tensor floor_divide(Tensor other) => Take(st_floor_divide(Handle, other.Handle), this, other);

        public Tensor floor_divide(Scalar other) => Take(st_floor_divide_scalar(Handle, other.Number), this);

        public Tensor addcmul(Tensor tensor1, Tensor tensor2, Scalar value) =>
            Take(st_addcmul(Handle, tensor1.Handle, tensor2.Handle, value.Number), this, tensor1, tensor2);

        public Tensor addcmul_(Tensor tensor1, Tensor tensor2, Scalar value) =>
            Done(st_addcmul_(Handle, tensor1.Handle, tensor2.Handle, value.Number), tensor1, tensor2);

        public Tensor addcdiv(Tensor tensor1, Tensor tensor2, Scalar value) =>
            Take(st_addcdiv(Handle, tensor1.Handle, tensor2.Handle, value.Number), this, tensor1, tensor2);

        public Tensor addcdiv_(Tensor tensor1, Tensor tensor2, Scalar value) =>
            Done(st_addcdiv_(Handle, tensor1.Handle, tensor2.Handle, value.Number), tensor1, tensor2);

        public Tensor lerp(Tensor end, Tensor weight) => Take(st_lerp(Handle, end.Handle, weight.Handle), this, end, weight);

        public Tensor clamp(Scalar? min = null, Scalar? max = null) =>
            Take(st_clamp(Handle, min?.Number ?? default, min is null ? 0 : 1, max?.Number ?? default, max is null ? 0 : 1), this);

        public Tensor clamp(Tensor? min = null, Tensor? max = null) =>
            Take(st_clamp_tensor(Handle, min?.Handle ?? 0, max?.Handle ?? 0), this, min, max);

        public Tensor clamp_(Scalar? min = null, Scalar? max = null) =>
            Done(st_clamp_(Handle, min?.Number ?? default, min is null ? 0 : 1, max?.Number ?? default, max is null ? 0 : 1));

        public Tensor clamp_min(Scalar min) => clamp(min: min, max: (Scalar?)null);

        public Tensor clamp_min_(Scalar min) => clamp_(min, null);

        public Tensor clamp_max(Scalar max) => clamp(min: (Scalar?)null, max: max);

        public Tensor clamp_max_(Scalar max) => clamp_(null, max);

        public bool allclose(Tensor target, double rtol = 1e-05, double atol = 1e-08, bool equal_nan = false)
        {
            int close;
            NativeErrors.Check(st_allclose(Handle, target.Handle, rtol, atol, equal_nan ? 1 : 0, &close), this, target);
            return close != 0;
        }

        public Tensor isclose(Tensor other, double rtol = 1e-05, double atol = 1e-08, bool nanEqual = false) =>
            Take(st_isclose(Handle, other.Handle, rtol, atol, nanEqual ? 1 : 0), this, other);

        public Tensor matmul(Tensor target) => Take(st_matmul(Handle, target.Handle), this, target);

        public Tensor mm(Tensor target) => Take(st_mm(Handle, target.Handle), this, target);

        public Tensor bmm(Tensor batch2) => Take(st_bmm(Handle, batch2.Handle), this, batch2);

        public Tensor mv(Tensor target) => Take(st_mv(Handle, target.Handle), this, target);

        public Tensor dot(Tensor target) => Take(st_dot(Handle, target.Handle), this, target);

        public Tensor outer(Tensor vec2) => Take(st_outer(Handle, vec2.Handle), this, vec2);

        public Tensor addmm(Tensor mat1, Tensor mat2, float beta = 1, float alpha = 1) =>
            Take(st_addmm(Handle, mat1.Handle, mat2.Handle, beta, alpha), this, mat1, mat2);
    }
}
