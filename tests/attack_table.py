"""The attacks and their honest look-alikes: which function is judged as which op, with what options, at which cases."""

from __future__ import annotations

from dataclasses import dataclass

#: Cases that every attack on an op is judged at, unless it names its own: few, so that the gate is quick.
FEW = {
    "linear": "I=7 O=6 dtype=float64,float32 layout=contiguous fill=normal",
    "relu": "N=4 M=17 rank=2 dtype=float64,float32 layout=contiguous fill=normal",
    "sigmoid": "N=3 M=5 rank=2 dtype=float64,float32 layout=contiguous fill=normal",
    "softmax": "N=3 M=7 K=4 dim=-1 dtype=float64,float32 layout=contiguous fill=normal",
}

#: Easy cases and hard ones, for what refuses the hard.
BOTH = "N=3 M=5 rank=2 dtype=float64,float32 layout=contiguous fill=normal,zeros,constant"

#: Cases for what is slow by intent.
ONE = "N=3 M=5 rank=2 dtype=float32 layout=contiguous fill=normal"

#: The options of an attack that never ends.
IMPATIENT = ("--timeout", "6")

#: A right function with a vjp in question beside it.
SIGMOID = "reference_impls.activations:sigmoid"


@dataclass(frozen=True)
class Attack:
    """A function by dotted path, checked as an op: it cheats and must be found, or it is ``right``.

    One that ends its own import is ``unimportable``: that the check refuses it is enough.
    """

    op: str
    path: str
    library: str = "numpy"
    vjp: str = ""
    only: str = ""
    options: tuple[str, ...] = ()
    right: bool = False
    unimportable: bool = False

    @property
    def name(self) -> str:
        """The kind and the function that cheats: unique."""
        return (self.vjp or self.path).removeprefix("attacks.").replace(":", ".")

    @property
    def arguments(self) -> list[str]:
        """The words after ``harness check``."""
        vjp = ("--vjp", self.vjp) if self.vjp else ()
        only = self.only or FEW[self.op]
        return [self.op, self.path, "--library", self.library, *vjp, "--only", only, *self.options]


ATTACKS = (
    # The judge's own functions and values.
    Attack("sigmoid", "attacks.internals:silences_margins"),
    Attack("sigmoid", "attacks.internals:conforms_by_constructor"),
    Attack("sigmoid", "attacks.internals:widens_bounds"),
    Attack("sigmoid", "attacks.internals:fills_bounds_in_place", only=ONE),
    Attack("sigmoid", "attacks.internals:swaps_code"),
    Attack("sigmoid", "attacks.internals:forgets_the_laws"),
    Attack("sigmoid", "attacks.internals:nothing_is_red"),
    Attack("sigmoid", "attacks.internals:replaces_the_oracle", only=ONE),
    Attack("sigmoid", "attacks.internals:replaces_the_definition"),
    Attack("sigmoid", "attacks.internals:replaces_itself", only=ONE),
    # Functions of NumPy, torch and Python.
    Attack("sigmoid", "attacks.patched:exp_is_zero"),
    Attack("sigmoid", "attacks.patched:abs_is_zero"),
    Attack("sigmoid", "attacks.patched:subtract_is_zero"),
    Attack("sigmoid", "attacks.patched:always_equal"),
    Attack("sigmoid", "attacks.patched:testing_asserts_nothing"),
    Attack("sigmoid", "attacks.patched:torch_is_equal", "torch"),
    Attack("sigmoid", "attacks.patched:tensor_hands_out_another", "torch"),
    Attack("sigmoid", "attacks.patched:tensor_compares_equal", "torch"),
    Attack("sigmoid", "attacks.patched:grad_is_written_by_hand", "torch"),
    Attack("sigmoid", "attacks.patched:finfo_is_coarse"),
    Attack("sigmoid", "attacks.patched:builtins_agree"),
    Attack("sigmoid", "attacks.patched:draws_are_known"),
    Attack("sigmoid", "attacks.patched:torch_draws_are_known", "torch"),
    Attack("sigmoid", "attacks.patched:seeds_are_constant", "torch"),
    # The expected value, read.
    Attack("sigmoid", "attacks.reads:callers", only=ONE),
    Attack("sigmoid", "attacks.reads:other_threads", only=ONE),
    Attack("sigmoid", "attacks.reads:a_traceback", only=ONE),
    Attack("sigmoid", "attacks.reads:live_objects", only=ONE),
    Attack("sigmoid", "attacks.reads:loaded_modules", only=ONE),
    Attack("sigmoid", "attacks.reads:caches", only=ONE),
    Attack("sigmoid", "attacks.reads:own_memory", only=ONE, options=IMPATIENT),
    Attack("sigmoid", "attacks.reads:parents_memory", only=ONE),
    Attack("sigmoid", "attacks.reads:shared_memory", only=ONE),
    Attack("sigmoid", "attacks.reads:saved_tables", only=ONE),
    Attack("sigmoid", "attacks.reads:uninitialised"),
    Attack("sigmoid", "attacks.reads:freed_memory"),
    # Answers from memory.
    Attack("sigmoid", "attacks.remembers:by_shape"),
    Attack("sigmoid", "attacks.remembers:by_address"),
    Attack("sigmoid", "attacks.remembers:by_id"),
    Attack(
        "sigmoid", "attacks.remembers:by_first_entry", only="N=3 M=5 rank=2 layout=contiguous fill=inf,negative_zero"
    ),
    Attack("sigmoid", "attacks.remembers:by_sum", only="N=3 M=5 rank=2 layout=contiguous fill=lowest,normal"),
    Attack("sigmoid", "attacks.remembers:on_disc"),
    Attack("sigmoid", "attacks.remembers:one_buffer"),
    Attack("sigmoid", "attacks.remembers:first_call_only"),
    Attack("sigmoid", "attacks.remembers:first_five_calls"),
    Attack("sigmoid", "attacks.remembers:second_call_is_free"),
    Attack("sigmoid", "attacks.remembers:nothing_when_timed"),
    Attack("sigmoid", "attacks.remembers:nothing_in_threads"),
    Attack("sigmoid", "attacks.remembers:nothing_without_gradients", "torch"),
    # Results that come later.
    Attack("sigmoid", "attacks.later:thread_finishes"),
    Attack("sigmoid", "attacks.later:torch_thread_finishes", "torch"),
    Attack("sigmoid", "attacks.later:next_call_finishes"),
    Attack("sigmoid", "attacks.later:collector_finishes"),
    Attack("sigmoid", "attacks.later:lazy_array"),
    Attack("sigmoid", "attacks.later:lazy_tensor", "torch"),
    Attack("sigmoid", "attacks.later:promise"),
    Attack("sigmoid", "attacks.later:generator"),
    Attack("sigmoid", "attacks.later:mapped"),
    Attack("sigmoid", "attacks.later:future"),
    Attack("sigmoid", "attacks.later:thread_spoils_input"),
    Attack("sigmoid", "attacks.later:in_the_input"),
    # Objects that answer for themselves.
    Attack("sigmoid", "attacks.spoofs:no_difference"),
    Attack("sigmoid", "attacks.spoofs:agrees"),
    Attack("sigmoid", "attacks.spoofs:agrees_tensor", "torch"),
    Attack("sigmoid", "attacks.spoofs:equal"),
    Attack("sigmoid", "attacks.spoofs:equal_entries"),
    Attack("sigmoid", "attacks.spoofs:near_float", only="N=3 M=5 rank=0 layout=contiguous fill=normal"),
    Attack("sigmoid", "attacks.spoofs:not_a_number"),
    Attack("sigmoid", "attacks.spoofs:nan_tensor", "torch"),
    Attack("sigmoid", "attacks.spoofs:infinite"),
    Attack("sigmoid", "attacks.spoofs:huge"),
    Attack("sigmoid", "attacks.spoofs:masked"),
    Attack("sigmoid", "attacks.spoofs:says_double"),
    Attack("sigmoid", "attacks.spoofs:says_shape"),
    Attack("sigmoid", "attacks.spoofs:double_for_all"),
    Attack("sigmoid", "attacks.spoofs:complex_for_all"),
    Attack("sigmoid", "attacks.spoofs:meta_tensor", "torch"),
    Attack("sigmoid", "attacks.spoofs:object_entries"),
    Attack("sigmoid", "attacks.spoofs:unpickled"),
    Attack("sigmoid", "attacks.spoofs:exception_unpickled"),
    Attack("sigmoid", "attacks.spoofs:tensor_unpickled", "torch"),
    # No computation.
    Attack("sigmoid", "attacks.outputs:zeros"),
    Attack("sigmoid", "attacks.outputs:constant"),
    Attack("softmax", "attacks.outputs:constant_softmax", "torch"),
    Attack("sigmoid", "attacks.outputs:empty"),
    Attack("sigmoid", "attacks.outputs:scalar"),
    Attack("sigmoid", "attacks.outputs:one_row"),
    Attack("sigmoid", "attacks.outputs:extra_axis"),
    Attack("sigmoid", "attacks.outputs:the_input"),
    Attack("sigmoid", "attacks.outputs:nothing"),
    Attack("sigmoid", "attacks.outputs:right_and_more"),
    Attack("sigmoid", "attacks.outputs:gigantic"),
    Attack("sigmoid", "attacks.outputs:gigantic_tensor", "torch"),
    Attack("sigmoid", "attacks.outputs:deeply_nested"),
    Attack("relu", "attacks.outputs:relu_is_identity", "torch"),
    # Right here and there.
    Attack("sigmoid", "attacks.narrow:short_rows", only="N=3 M=64 rank=2 layout=contiguous fill=normal"),
    Attack("sigmoid", "attacks.narrow:first_shape", only="N=3 M=5,17 rank=2 layout=contiguous fill=normal"),
    Attack("sigmoid", "attacks.narrow:squares"),
    Attack("sigmoid", "attacks.narrow:contiguous"),
    Attack("sigmoid", "attacks.narrow:first_row"),
    Attack("sigmoid", "attacks.narrow:corners"),
    Attack("sigmoid", "attacks.narrow:in_single"),
    Attack("sigmoid", "attacks.narrow:in_bfloat16", "torch"),
    Attack("sigmoid", "attacks.narrow:in_half"),
    Attack("linear", "attacks.narrow:like_tf32", "torch"),
    Attack("linear", "attacks.narrow:half_accumulator"),
    Attack("linear", "attacks.narrow:skips_small_weights", "torch"),
    Attack("linear", "attacks.narrow:forgets_the_bias", "torch"),
    Attack("sigmoid", "attacks.narrow:by_table"),
    # Refusals.
    Attack("sigmoid", "attacks.refusals:torch_words", "torch", only=BOTH),
    Attack("sigmoid", "attacks.refusals:not_implemented_words", "torch", only=BOTH),
    Attack("sigmoid", "attacks.refusals:provoked", "torch", only=BOTH),
    Attack("sigmoid", "attacks.refusals:type_error", only=BOTH),
    Attack("sigmoid", "attacks.refusals:not_implemented_values", only=BOTH),
    Attack("sigmoid", "attacks.refusals:not_offered", only=BOTH),
    Attack("sigmoid", "attacks.refusals:skipped", only=BOTH),
    Attack("sigmoid", "attacks.refusals:skipped_by_pytest", only=BOTH),
    Attack("sigmoid", "attacks.refusals:memory_error", only=BOTH),
    Attack("sigmoid", "attacks.refusals:real_memory_error", only=BOTH),
    Attack("sigmoid", "attacks.refusals:keyboard_interrupt", only=BOTH),
    Attack("sigmoid", "attacks.refusals:system_exit", only=BOTH),
    Attack("sigmoid", "attacks.refusals:exit_now", only=BOTH),
    Attack("sigmoid", "attacks.refusals:kills_itself", only=BOTH),
    Attack("sigmoid", "attacks.refusals:stops_itself", only=ONE, options=IMPATIENT),
    Attack("sigmoid", "attacks.refusals:interrupts_the_judge", only=BOTH),
    Attack("sigmoid", "attacks.refusals:sleeps", only=ONE, options=IMPATIENT),
    Attack("sigmoid", "attacks.refusals:endless", only=ONE, options=IMPATIENT),
    Attack("sigmoid", "attacks.refusals:mute", only=BOTH),
    Attack("sigmoid", "attacks.refusals:printing", only=BOTH),
    Attack("sigmoid", "attacks.refusals:stop_iteration", only=BOTH),
    Attack("sigmoid", "attacks.refusals:generator_exit", only=BOTH),
    Attack("sigmoid", "attacks.refusals:recursion", only=BOTH),
    Attack("linear", "attacks.refusals:half_done", "torch"),
    Attack("sigmoid", "attacks.refusals:refuses_all_but_one", only=BOTH),
    # Gradients.
    Attack("sigmoid", "attacks.gradients:detached", "torch"),
    Attack("sigmoid", "attacks.gradients:new_leaf", "torch"),
    Attack("sigmoid", "attacks.gradients:under_no_grad", "torch"),
    Attack("sigmoid", "attacks.gradients:graph_only_if_strided", "torch"),
    Attack("linear", "attacks.gradients:graph_only_for_input", "torch"),
    Attack("sigmoid", "attacks.gradients:straight_through", "torch"),
    Attack("sigmoid", "attacks.gradients:zero_gradient", "torch"),
    Attack("sigmoid", "attacks.gradients:first_forward", "torch"),
    Attack("sigmoid", "attacks.gradients:ones_upstream", "torch"),
    Attack("sigmoid", "attacks.gradients:mean_upstream", "torch"),
    Attack("sigmoid", "attacks.gradients:knows_the_tester", "torch"),
    Attack("sigmoid", "attacks.gradients:coarse", "torch"),
    Attack("sigmoid", "attacks.gradients:differences", "torch"),
    Attack("sigmoid", SIGMOID, vjp="attacks.gradients:first_cotangent_vjp"),
    Attack("sigmoid", SIGMOID, vjp="attacks.gradients:ones_vjp"),
    Attack("sigmoid", SIGMOID, vjp="attacks.gradients:linear_in_memory_vjp"),
    Attack("sigmoid", SIGMOID, vjp="attacks.gradients:single_vjp"),
    Attack("sigmoid", SIGMOID, vjp="attacks.gradients:refuses_vjp", only=BOTH),
    # Processes, files, environment, state.
    Attack("sigmoid", "attacks.processes:child_answers", only=ONE),
    Attack("sigmoid", "attacks.processes:both_answer", only=ONE),
    Attack("sigmoid", "attacks.processes:child_writes_descriptors"),
    Attack("sigmoid", "attacks.processes:writes_descriptors"),
    Attack("sigmoid", "attacks.processes:closes_descriptors"),
    Attack("sigmoid", "attacks.processes:shared_result"),
    Attack("sigmoid", "attacks.processes:rewrites_definitions"),
    Attack("sigmoid", "attacks.processes:rewrites_judge"),
    Attack("sigmoid", "attacks.processes:excuses_itself"),
    Attack("sigmoid", "attacks.processes:plants_sitecustomize"),
    Attack("sigmoid", "attacks.processes:shadows_a_module"),
    Attack("sigmoid", "attacks.processes:leaves_environment"),
    Attack("sigmoid", "attacks.processes:state_left_on_disc"),
    Attack("sigmoid", "attacks.processes:kills_its_siblings"),
    Attack("sigmoid", "attacks.processes:fills_memory", only=ONE, options=("--memory", "1")),
    Attack("sigmoid", "attacks.processes:ends_the_judge"),
    Attack("sigmoid", "attacks.processes:leaves_gradients_off", "torch"),
    Attack("sigmoid", "attacks.processes:leaves_default_dtype", "torch"),
    Attack("sigmoid", "attacks.processes:leaves_warnings_off"),
    Attack("sigmoid", "attacks.processes:leaves_errors_ignored"),
    Attack("sigmoid", "attacks.processes:leaves_no_recursion"),
    Attack("sigmoid", "attacks.processes:leaves_the_folder"),
    Attack("sigmoid", "attacks.processes:leaves_generator_seeded"),
    # The machinery.
    Attack("sigmoid", "attacks.tampering:prints_rows"),
    Attack("sigmoid", "attacks.tampering:closes_stdout"),
    Attack("sigmoid", "attacks.tampering:traces"),
    Attack("sigmoid", "attacks.tampering:profiles"),
    Attack("sigmoid", "attacks.tampering:patches_json"),
    Attack("sigmoid", "attacks.tampering:patches_pickle"),
    Attack("sigmoid", "attacks.tampering:patches_connections"),
    Attack("sigmoid", "attacks.tampering:patches_write"),
    Attack("sigmoid", "attacks.tampering:patches_in_a_thread"),
    Attack("sigmoid", "attacks.tampering:ends_well"),
    Attack("sigmoid", "attacks.tampering:signals_end_well"),
    Attack("sigmoid", "attacks.tampering:deaf_to_signals", only=ONE, options=IMPATIENT),
    Attack("sigmoid", "attacks.tampering:stops_the_clock", only=ONE, options=IMPATIENT),
    Attack("sigmoid", "attacks.tampering:finds_exit"),
    Attack("sigmoid", "attacks.tampering:hides_exceptions"),
    Attack("sigmoid", "attacks.at_import.exits:sigmoid", unimportable=True),
    Attack("sigmoid", "attacks.at_import.leaves:sigmoid", unimportable=True),
    Attack("sigmoid", "attacks.at_import.hooks:sigmoid"),
    Attack("sigmoid", "attacks.at_import.replaces:sigmoid"),
    Attack("sigmoid", "attacks.at_import.prints:sigmoid", unimportable=True),
)

HONEST = (
    Attack("sigmoid", "attacks.honest:workspace", right=True),
    Attack("sigmoid", "attacks.honest:memoised", right=True),
    Attack("sigmoid", "attacks.honest:in_threads", right=True),
    Attack("sigmoid", "attacks.honest:in_a_subprocess", only=ONE, right=True),
    Attack("sigmoid", "attacks.honest:in_a_fork", only=ONE, right=True),
    Attack("sigmoid", "attacks.honest:in_place_on_a_copy", right=True),
    Attack("sigmoid", "attacks.honest:draws_and_restores", right=True),
    Attack("sigmoid", "attacks.honest:column_by_column", right=True),
    Attack("sigmoid", "attacks.honest:every_second", right=True),
    Attack("sigmoid", "attacks.honest:read_only", right=True),
    Attack("sigmoid", "attacks.honest:settings_restored", right=True),
    Attack("sigmoid", "attacks.honest:talks", right=True),
    Attack("sigmoid", "attacks.honest:narrow", right=True),
    Attack("sigmoid", "attacks.honest:partial", "torch", right=True),
    Attack("sigmoid", "attacks.honest:by_hand", "torch", right=True),
    Attack("sigmoid", "attacks.honest:through_double", "torch", right=True),
    Attack("sigmoid", "attacks.honest:default_dtype_restored", "torch", right=True),
    Attack("sigmoid", "attacks.honest:in_a_view", "torch", right=True),
)
