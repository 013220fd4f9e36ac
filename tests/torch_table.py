"""Expressions in torch that textbook definitions use; the inputs' names are those of ``test_torch_definitions``."""

FUNCTIONS = """
torch.abs(x) + torch.absolute(y)
torch.acos(p) + torch.arccos(p)
torch.acosh(q) + torch.arccosh(q)
torch.asin(p) + torch.arcsin(p)
torch.asinh(x) + torch.arcsinh(x)
torch.atan(x) + torch.arctan(x)
torch.atan2(x, y) + torch.arctan2(x, y)
torch.atanh(p) + torch.arctanh(p)
torch.ceil(x) + torch.floor(y) + torch.trunc(3 * x) + torch.fix(2 * x)
torch.copysign(x, y)
torch.cos(x) + torch.cosh(y)
torch.deg2rad(x) + torch.rad2deg(y)
torch.exp(x) + torch.exp2(y) + torch.expm1(x)
torch.floor_divide(x, q)
torch.fmax(x, y) + torch.fmin(x, q)
torch.fmod(x, q)
torch.float_power(q, x)
torch.hypot(x, y)
torch.log(q) + torch.log10(q) + torch.log1p(p) + torch.log2(q)
torch.logaddexp(x, y) + torch.logaddexp2(x, y)
torch.maximum(x, y) + torch.minimum(x, q)
torch.multiply(x, y) + torch.negative(x) + torch.positive(y)
torch.reciprocal(q) + torch.remainder(x, q)
torch.sign(x) + torch.sgn(y)
torch.sin(x) + torch.sinc(y) + torch.sinh(x)
torch.sqrt(q) + torch.square(x) + torch.rsqrt(q)
torch.tan(x) + torch.tanh(y)
torch.where(torch.isfinite(x) & ~torch.isinf(x) & ~torch.isnan(x), x, y)
torch.where(torch.isneginf(x) | torch.isposinf(y) | torch.isreal(x), x, y)
torch.where(torch.logical_and(x > 0, y > 0), x, y) + torch.where(torch.logical_or(x > 0, y > 0), x, y)
torch.where(torch.logical_xor(x > 0, y > 0), x, y) + torch.where(torch.logical_not(x > 0), x, y)
torch.where(torch.greater(x, y), x, torch.where(torch.greater_equal(x, p), y, p))
torch.where(torch.less(x, y), x, torch.where(torch.less_equal(x, p), y, p))
torch.where(torch.not_equal(i, 2)[:, None], x, y)
torch.where(torch.isin(i, torch.tensor([0, 2]))[:, None], x, y)
torch.angle(z) + torch.real(z) + torch.imag(z)
torch.nan_to_num(x)
torch.mul(x, y) + torch.neg(x) + torch.pow(q, 1.5) + torch.true_divide(x, q)
torch.where(torch.eq(i, 1)[:, None], x, y) + torch.where(torch.ne(i, 1)[:, None], x, y)
torch.where(torch.lt(x, y), x, y) + torch.where(torch.le(x, y), y, x)
torch.where(torch.gt(x, y), x, y) + torch.where(torch.ge(x, y), y, x)
torch.add(x, y, alpha=2) + torch.sub(x, y, alpha=3) + torch.subtract(x, y) + torch.rsub(x, y)
torch.div(x, q) + torch.div(x, q, rounding_mode="floor") + torch.divide(x, q, rounding_mode="trunc")
torch.clamp(x, -0.5, 0.5) + torch.clip(x, min=0.1) + torch.clamp_min(x, 0.2) + torch.clamp_max(x, 0.3)
torch.round(10 * x) + torch.round(x, decimals=1) + torch.frac(x)
torch.lerp(x, y, 0.3) + torch.addcmul(x, x, y, value=2) + torch.addcdiv(x, y, q)
torch.masked_fill(x, m, -1.0)
torch.complex(x, y) * torch.polar(q, y)
torch.view_as_real(torch.view_as_complex(torch.stack([x, y], dim=-1)))
torch.heaviside(x, q)
x[torch.nonzero(i)[:, 0]]
torch.erf(x) + torch.erfc(y) + torch.erfinv(p)
torch.lgamma(q) + torch.digamma(q) + torch.xlogy(x, q)
torch.sigmoid(x) + torch.logit(p) + torch.logit(p, eps=0.2) + torch.relu(x)
torch.conj_physical(z) + torch.resolve_conj(torch.conj(z))
torch.sum(x) + torch.sum(x, 1, keepdim=True) + torch.sum(x, dim=(0, 1)) + torch.nansum(y)
torch.mean(x, dim=-1) + torch.nanmean(x, dim=-1) + torch.prod(x, 1)
torch.amax(x, 1) + torch.amin(x, dim=(1,))
torch.where(torch.all(m, dim=1), x[:, 0], y[:, 0]) + torch.where(torch.any(m, dim=1), x[:, 0], y[:, 0])
torch.max(x) + torch.max(x, 1).values + torch.max(x, y)[:, 0] + torch.max(x, dim=1)[0]
torch.min(x) + torch.min(x, 1, keepdim=True).values + torch.min(x, other=y)
torch.take_along_dim(x, torch.argmax(x, dim=1, keepdim=True), 1) + torch.ravel(x)[torch.argmin(x)]
torch.cumsum(x, 1) + torch.cumprod(x, dim=0) + torch.logcumsumexp(x, 1)
torch.cummax(x, 1).values + torch.cummin(x, dim=0)[0]
torch.var(x, 1) + torch.var(x, dim=1, unbiased=False) + torch.std(x, 1, correction=0) + torch.std(x)
torch.std_mean(x, 1)[0] + torch.std_mean(x, dim=1)[1] + torch.var_mean(x, 1)[0] + torch.var_mean(x)[1]
torch.norm(x) + torch.norm(x, p=1, dim=1) + torch.norm(x, dim=1, keepdim=True)
torch.logsumexp(x, 1) + torch.logsumexp(x, dim=(0, 1))
torch.softmax(x, 1) + torch.log_softmax(x, dim=0)
torch.sort(x, 1).values + torch.sort(x, dim=1, descending=True)[0]
torch.take_along_dim(x, torch.argsort(x, dim=1, descending=True), dim=1)
torch.topk(x, 2).values + torch.topk(x, 2, largest=False)[0] + torch.kthvalue(x, 2).values[:, None]
torch.median(x) + torch.median(x, 1).values
torch.quantile(x, 0.3, dim=1) + torch.quantile(x, torch.tensor([0.1, 0.5], dtype=torch.float64))[0]
torch.diff(x) + torch.diff(x, n=1, dim=1)
torch.trapezoid(x, dx=0.5) + torch.trapz(x, torch.cumsum(q, 1))
torch.dist(x, y) + torch.cdist(x, y) + torch.cdist(x, y, p=1.0)
torch.cosine_similarity(x, y, dim=1)
torch.count_nonzero(m) * x
torch.matmul(x, w) + torch.mm(x, w)
torch.bmm(x[None], w[None])
torch.mv(x, v) + torch.dot(v, v) + torch.inner(x, v) + torch.vdot(v, v)
torch.outer(v, x[0]) + torch.ger(v, v) + torch.kron(x[:2, :2], y[:2, :2])
torch.addmm(x, x, a, beta=2) + torch.baddbmm(x[None], x[None], a[None], alpha=0.5) + torch.addmv(y[:, 0], x, v)[:, None]
torch.addr(a, v, v)
torch.einsum("ij, jk -> ik", x, w) + torch.einsum("ij,jk", [x, w])
torch.tensordot(x, w, dims=1) + torch.tensordot(x, w, dims=([1], [0]))
torch.cross(x[:, :3], y[:, :3], dim=1)
torch.trace(a) + torch.det(s) + torch.inverse(s) + torch.matrix_power(a, 3)
torch.cholesky(s)
torch.reshape(x, (2, 6)) + torch.flatten(x)[0] + torch.unflatten(x, 1, (2, 2))[0, 0, 0]
torch.flatten(x[None, :, :, None], 1, 2)
torch.squeeze(x[:, :1], 1) + torch.squeeze(x[:, 0])
torch.unsqueeze(x, 0) * torch.unsqueeze(x, -3)
torch.transpose(x[None], 1, 2) + torch.swapaxes(x[None], 1, 2) + torch.swapdims(x[None], -1, -2) + torch.t(x)
torch.permute(x[None], (2, 0, 1)) + torch.movedim(x[None], 2, 0) + torch.moveaxis(x[None], -1, 0)
torch.cat([x, y], dim=1) + torch.concat([x, y], 1) + torch.concatenate((x, y), dim=-1)
torch.stack([x, y], dim=1)[:, 0] + torch.stack((x[0], y[0]))[0]
torch.unbind(x, 1)[0] + torch.unbind(x)[0][0]
torch.split(x, 3, dim=1)[1][:, 0] + torch.split(x, [1, 3], 1)[1][:, 2] + torch.chunk(x, 2, dim=1)[1][:, 1]
torch.tensor_split(x, 3, dim=1)[0]
torch.repeat_interleave(x, 2, dim=1) + torch.tile(x, (1, 2))
torch.roll(x, 1, 1) + torch.roll(x, shifts=(1, 2), dims=(0, 1))
torch.flip(x, [1]) + torch.fliplr(x) + torch.flipud(x)
torch.rot90(x) + torch.t(x)
torch.tril(x) + torch.triu(x, diagonal=1)
torch.diag(v) + torch.diag_embed(v) + torch.block_diag(x[:1, :2], x[1:, 2:])[0, 0]
torch.diag(a) + torch.diagonal(a) + torch.diagonal(a[None], dim1=1, dim2=2)[0]
torch.narrow(x, 1, 1, 2) + torch.index_select(x, 1, torch.tensor([0, 3])) + torch.select(x, 1, 2)[:, None]
torch.gather(x, 1, i[:, None])
torch.take(x, i) + torch.take_along_dim(x, i[:, None], dim=1)[:, 0]
torch.scatter(x, 1, i[:, None], y)
torch.scatter_add(x, 1, i[:, None], y)
torch.index_add(x, 0, i, y) + torch.index_copy(x, 0, torch.tensor([2, 0, 1]), y)
torch.clone(x) * torch.numel(x)
torch.adjoint(z) + torch.conj(z).mT
torch.broadcast_to(v, (3, 4)) + torch.broadcast_tensors(v, x)[0]
torch.masked_select(x, m)
torch.meshgrid(v, v, indexing="ij")[0] + torch.meshgrid([v, v], indexing="xy")[1]
x * torch.arange(4) + torch.linspace(0, 1, 4, dtype=v.dtype) + torch.eye(3, 4) + torch.zeros(3, 4) + torch.ones((3, 4))
x * torch.logspace(0, 1, 4, dtype=torch.float64) + torch.full((3, 4), 0.5)
x * torch.as_tensor([1.0, 2.0, 3.0, 4.0]) + torch.empty(3, 4).fill_(2.0)
torch.zeros_like(x) + torch.ones_like(y) + torch.full_like(x, 3.0) + torch.empty_like(x).zero_() + x
x[torch.tril_indices(3, 3)[0], torch.triu_indices(3, 3)[1]]
v * torch.hann_window(4, dtype=torch.float64) + torch.hamming_window(4, periodic=False, dtype=torch.float64)
v * torch.bartlett_window(4, dtype=torch.float64)
torch.hstack([x, y]) + torch.hstack((y, x))
torch.vstack([x, y])[:3] + torch.dstack([x, y])[..., 0] + torch.column_stack([x, y])[:, :4]
torch.atleast_2d(x) + torch.atleast_1d(y)
torch.stack([x[0, 0], y[0, 0]])
x if torch.is_tensor(x) else y
x * torch.from_numpy(c) + torch.scalar_tensor(2.0)
torch.special.expit(x) + torch.special.ndtr(x) + torch.special.log_ndtr(y) + torch.special.xlog1py(x, p)
torch.special.entr(q) + torch.special.gammaln(q) + torch.special.psi(q) + torch.special.erf(x)
torch.linalg.norm(x) + torch.linalg.norm(x, dim=1) + torch.linalg.vector_norm(x, ord=3, dim=1, keepdim=True)
torch.linalg.inv(s) + torch.linalg.det(s) + torch.linalg.slogdet(s)[1] + torch.linalg.solve(s, v)
torch.linalg.cholesky(s) + torch.linalg.diagonal(s) + torch.linalg.matmul(s, a) + torch.linalg.matrix_power(s, 2)
torch.linalg.solve_triangular(torch.linalg.cholesky(s), a, upper=False) + torch.linalg.vecdot(x, y)[0]
torch.linalg.solve_triangular(torch.linalg.cholesky(s, upper=True), a, upper=True, left=False)
torch.linalg.cross(x[:, :3], y[:, :3]) + torch.linalg.multi_dot([x, a, w])[:, :1]
torch.fft.fft(x) + torch.fft.ifft(x, norm="ortho") + torch.fft.fft2(x) + torch.fft.ifft2(y)
torch.fft.rfft(x, dim=1) + torch.fft.rfft2(x) + torch.fft.rfftn(x, dim=(0, 1))
torch.fft.fftn(x)[:, :3] + torch.fft.ifftn(y)[:, :3]
torch.fft.irfft(z, n=6) + torch.fft.hfft(z, n=6) + torch.fft.ihfft(x, dim=1).real[0, 0]
torch.fft.irfft2(z)
torch.fft.irfftn(z, dim=(0, 1))
torch.fft.fftshift(x) + torch.fft.ifftshift(y, dim=1) + torch.fft.fftfreq(4, dtype=v.dtype) + torch.fft.rfftfreq(6, dtype=v.dtype)
F.softplus(x) + F.softplus(30 * x, beta=2) + F.relu6(4 * x) + F.leaky_relu(x, 0.1) + F.elu(x, 0.7) + F.selu(y)
F.celu(x, 1.3) + F.gelu(x) + F.gelu(y, approximate="tanh") + F.silu(x) + F.mish(y) + F.logsigmoid(x)
F.hardtanh(x) + F.hardsigmoid(2 * x) + F.hardswish(2 * y) + F.softsign(x) + F.tanhshrink(y)
F.softshrink(x, 0.3) + F.hardshrink(x, 0.3) + F.threshold(x, 0.1, 20) + F.softmin(x, dim=1)
F.linear(x, a, v) + F.embedding(i, x) + F.layer_norm(x, (4,), v, v) + F.rms_norm(x, [4], v, 1e-6) + F.normalize(x)
F.bilinear(x, y, torch.stack([a, s]), v[:2])
F.glu(x) + F.pairwise_distance(x, y)[:, None] + F.cosine_similarity(x, y)[:, None]
F.scaled_dot_product_attention(x, y, y) + F.scaled_dot_product_attention(x, y, y, is_causal=True, scale=0.3)
F.mse_loss(x, y) + F.l1_loss(x, y, reduction="sum") + F.huber_loss(x, y, delta=0.4) + F.smooth_l1_loss(x, y, beta=0.5)
F.binary_cross_entropy(p, r) + F.binary_cross_entropy_with_logits(x, r) + F.kl_div(x, r, reduction="batchmean")
F.nll_loss(x, i) + F.cross_entropy(x, i) + F.cross_entropy(x, i, reduction="none")
F.triplet_margin_loss(x, y, q)
F.pixel_shuffle(torch.stack([a] * 4), 2)
F.pad(x, (1, 2)) + F.pad(x[None], (1, 2), mode="replicate")[0] + F.pad(x[None], (2, 1), mode="circular")[0]
F.pad(x[None], (1, 2), mode="reflect") + F.pad(x, (1, 2), value=3.0) + F.pad(x, (1, -1, 0, 0))[:, :1]
x * F.one_hot(i, num_classes=4)
""".strip().splitlines()

METHODS = """
x.expand(2, 3, 4) + y.expand(2, -1, -1) + v.expand_as(x) + x.repeat(2, 1, 1)
v.unfold(0, 2, 1) + v.unfold(-1, 2, 1)
x.to(torch.float32).double() * 0 + x.to(y) + x.to("cpu") + x.to(dtype=torch.float64) + x.type_as(y)
x * x.size(0) * x.size()[1] * x.dim() * x.ndimension() * x.numel() * x.nelement() * x.shape.numel()
x + x.new_zeros(3, 4) + x.new_ones(4) + x.new_full((3, 4), 2.0) + x.new_tensor([1.0, 2.0, 3.0, 4.0])
x.view(-1, 2) + x.view((6, 2)) + x.view_as(x).reshape_as(x).reshape(6, 2)
m.float() * x + m.double() * y + (x > 0).to(x.dtype) + m.int() * x + m.long() + i.short()[:, None] + i.bool()[:, None]
x.contiguous().detach().cpu().requires_grad_(False) + x[0, 0].item()
z.cdouble() + x.cdouble() + 0 * x.cfloat()
x.clone().copy_(y) + x.clone().fill_(3.0) + x.clone().zero_() + x.clone().add_(y).mul_(2.0).clamp_(min=0.1)
x.clone().index_put_((i, i), v[:3]) + x.clone().masked_fill_(m, 0.5)
x if x.is_floating_point() and not x.is_complex() and len(i.tolist()) == 3 else y
0 * x.half().bfloat16() + x.float() * 0 + x
x.softmax(-1).log().neg().sum(-1, keepdim=True)
x.transpose(0, 1).unsqueeze(0).permute(2, 0, 1).squeeze(1).pow(2).mean(dim=1).sqrt()
(x - x.mean(-1, keepdim=True)) / x.var(-1, unbiased=False, keepdim=True).add(1e-5).sqrt()
x.max(dim=-1).values + x.min(-1)[0] + x.max() + x.sort(dim=-1, descending=True).values[:, 0]
x.T @ y + x.mT @ y + z.H[:, :1].real
x.masked_fill(~m, float("-inf")).softmax(dim=0).nan_to_num(0.0)
x.chunk(2, dim=-1)[0] * torch.cat((x.chunk(2, -1)[1], -x.split(2, dim=-1)[0]), -1)[:, :2]
""".strip().splitlines()

#: Definitions with statements.
PROGRAMS = (
    "y = torch.zeros(3, 4, dtype=torch.float64)\nfor k in range(3):\n    y[k] = x[k].cumsum(0)\nreturn y",
    "y = torch.zeros_like(x)\ny[:, 1:] = x[:, :-1]\ny[:, 0] += x[:, 0] * 2\nreturn y",
    "out = []\nfor row in x:\n    out.append((row * v).sum())\nreturn torch.stack(out)",
    "h = torch.zeros(4, dtype=torch.float64)\nfor t in range(x.shape[0]):\n    h = torch.tanh(x[t] + h)\nreturn h",
    "y = x.clone()\ny[y < 0] = 0\nreturn y",
    "if x.sum() > 0:\n    return x\nreturn -x",
    "d = torch.arange(3)[:, None] - torch.arange(4)[None, :]\nreturn x.masked_fill(d < 0, -torch.inf).softmax(-1)",
    "a_, b_ = x.shape\nreturn x.view(b_, a_) / math.sqrt(b_) * torch.pi",
)
