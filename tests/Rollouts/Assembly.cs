// Tests run one after another, because the memory tests count all tensors of the process.
[assembly: Xunit.v3.Parallelization(Mode = Xunit.Sdk.ParallelMode.None)]
