using Distributed.Transports.Grpc;

namespace Distributed.Transports.Tests.Grpc;

public sealed class ReceiveBuffersTests : IDisposable
{
    private readonly string? _before = Environment.GetEnvironmentVariable(ReceiveBuffers.Variable);

    [Fact]
    public void KeepEnough_VariableNotSet_SetsIt()
    {
        Environment.SetEnvironmentVariable(ReceiveBuffers.Variable, null);

        ReceiveBuffers.RaisePoolLimit();

        Assert.Equal("512", Environment.GetEnvironmentVariable(ReceiveBuffers.Variable));
    }

    [Fact]
    public void KeepEnough_VariableSet_KeepsIt()
    {
        Environment.SetEnvironmentVariable(ReceiveBuffers.Variable, "7");

        ReceiveBuffers.RaisePoolLimit();

        Assert.Equal("7", Environment.GetEnvironmentVariable(ReceiveBuffers.Variable));
    }

    public void Dispose() => Environment.SetEnvironmentVariable(ReceiveBuffers.Variable, _before);
}
