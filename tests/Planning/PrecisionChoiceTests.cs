namespace Distributed.Planning.Tests;

public sealed class PrecisionChoiceTests
{
    [Theory]
    [InlineData(new[] { 3.9, 1.2 }, Precision.Bf16)]
    [InlineData(new[] { 3.9, 1.19 }, Precision.Fp32)] // one slow worker delays all
    [InlineData(new[] { 0.5 }, Precision.Fp32)]       // bf16 instructions without fast units
    [InlineData(new[] { 4.0, 0 }, Precision.Fp32)]    // one without bf16 products
    [InlineData(new double[0], Precision.Fp32)]
    public void Of_WorkersWithDifferentProcessors_IsBf16OnlyIfFastOnAll(double[] speedups, Precision expected) =>
        Assert.Equal(expected, PrecisionChoice.Of(speedups));
}
