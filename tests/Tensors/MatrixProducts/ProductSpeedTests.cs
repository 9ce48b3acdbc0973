using Distributed.Tensors.Processor;
using Distributed.Tensors.MatrixProducts;

namespace Distributed.Tensors.Tests.MatrixProducts;

public sealed class ProductSpeedTests
{
    [Fact]
    public void OfThisMachine_MeasuredOnce_IsKept()
    {
        var speed = ProductSpeed.OfThisMachine;

        Assert.True(speed.Fp32 > 0 && speed.Bf16 > 0, $"{speed}");
        Assert.Same(speed, ProductSpeed.OfThisMachine);
        Assert.Equal(ProcessorFlags.MultipliesBf16 ? speed.Bf16 / speed.Fp32 : 0, ProductSpeed.Bf16Speedup);
    }
}
