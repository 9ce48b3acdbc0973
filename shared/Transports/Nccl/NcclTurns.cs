namespace Distributed.Transports.Nccl;

/// <summary>
/// What one rank has started in all its groups and is still to be done, in that order. Operations of several
/// communicators on one GPU may wait for each other for ever where two ranks begin them in different orders; one at
/// a time, in the order that every rank starts them in, they cannot.
/// </summary>
internal sealed class NcclTurns
{
    private readonly Queue<NcclOperation> _open = new(); // guarded by itself

    public void Add(NcclOperation operation)
    {
        lock (_open) _open.Enqueue(operation);
    }

    public bool IsNext(NcclOperation operation)
    {
        lock (_open) return _open.Peek() == operation;
    }

    /// <summary>The next one is complete.</summary>
    public void Done(NcclOperation operation)
    {
        lock (_open)
        {
            var next = _open.Dequeue();
            if (next != operation) throw new InvalidOperationException($"{operation.Name} was carried out before {next.Name}.");
        }
    }
}
