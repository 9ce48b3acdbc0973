namespace Distributed.Transports.Nccl;

/// <summary>
/// The operations that one rank has started in all its groups and that are not complete, in the order of their starts. Operations of
/// several communicators on one GPU can deadlock if two ranks begin them in different orders. Running one at a time, in the order in which
/// every rank starts them, avoids this.
/// </summary>
internal sealed class NcclOperationOrder
{
    private readonly Queue<NcclOperation> _open = new(); // also the lock

    public void Add(NcclOperation operation)
    {
        lock (_open) _open.Enqueue(operation);
    }

    public bool IsNext(NcclOperation operation)
    {
        lock (_open) return _open.Peek() == operation;
    }

    /// <summary>Removes the next operation, which is complete.</summary>
    public void Done(NcclOperation operation)
    {
        lock (_open)
        {
            var next = _open.Dequeue();
            if (next != operation) throw new InvalidOperationException($"{operation.Name} was completed before {next.Name}.");
        }
    }
}
