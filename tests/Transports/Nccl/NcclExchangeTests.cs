using Distributed.Transports.Nccl;

namespace Distributed.Transports.Tests.Nccl;

/// <summary>The contract, kept by the exchange over a library with NCCL's interface.</summary>
public sealed class NcclExchangeTests : ExchangeContractTests, IDisposable
{
    private readonly List<NcclExchange> _ends = [];

    protected override IReadOnlyList<IExchange> Connect(int size, ExchangeOptions options)
    {
        var ends = TestNccl.Connect(size, options);
        _ends.AddRange(ends);
        return ends;
    }

    public void Dispose()
    {
        foreach (var end in _ends) end.Dispose();
    }
}
