using Distributed.Protocol.Faults;

namespace Distributed.Worker.Faults;

/// <summary>
/// Passes the faults that the coordinator requests at a time to the rank that this worker runs. If the worker runs no rank, a fault affects
/// only the stream with the coordinator. Thread-safe.
/// </summary>
/// <param name="connection">The stream with the coordinator.</param>
public sealed class RequestedFaults(IConnectionFaults connection)
{
    private readonly Lock _gate = new();
    private Action<Fault>? _rank;

    /// <summary>Registers the running rank: faults are passed to it until the result is disposed.</summary>
    /// <param name="inject">Injects a fault; called on the thread of <see cref="Raise"/>.</param>
    public IDisposable Take(Action<Fault> inject)
    {
        lock (_gate) _rank = inject;
        return new Registration(this, inject);
    }

    /// <summary>Injects a fault now. Kinds that workers do not inject on request are ignored.</summary>
    public void Raise(Fault fault)
    {
        if (!FaultOrders.IsInjectedByWorker(fault)) return;
        Action<Fault>? rank;
        lock (_gate) rank = _rank;
        connection.Partition(fault.Duration!.Value);
        rank?.Invoke(fault);
    }

    private sealed class Registration(RequestedFaults owner, Action<Fault> inject) : IDisposable
    {
        public void Dispose()
        {
            lock (owner._gate)
                if (owner._rank == inject) owner._rank = null;
        }
    }
}
