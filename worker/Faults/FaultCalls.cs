using Distributed.Protocol.Faults;

namespace Distributed.Worker.Faults;

/// <summary>
/// Faults that the coordinator asks for at a time, on their way from the worker to the rank that works, if any does. Of a worker without one,
/// the stream with the coordinator is all that a fault can befall. From any thread.
/// </summary>
/// <param name="connection">That stream.</param>
public sealed class FaultCalls(IConnectionFaults connection)
{
    private readonly Lock _gate = new();
    private Action<Fault>? _rank;

    /// <summary>A rank works: faults befall it until the result is disposed of.</summary>
    /// <param name="befall">Makes one happen; on the caller's thread.</param>
    public IDisposable Take(Action<Fault> befall)
    {
        lock (_gate) _rank = befall;
        return new Taken(this, befall);
    }

    /// <summary>A fault happens now; one of a kind that no worker is asked for is passed over.</summary>
    public void Raise(Fault fault)
    {
        if (!FaultOrders.IsAskedFor(fault)) return;
        Action<Fault>? rank;
        lock (_gate) rank = _rank;
        connection.Partition(fault.Lasts!.Value);
        rank?.Invoke(fault);
    }

    private sealed class Taken(FaultCalls calls, Action<Fault> befall) : IDisposable
    {
        public void Dispose()
        {
            lock (calls._gate)
                if (calls._rank == befall) calls._rank = null;
        }
    }
}
