namespace Distributed.Transports.Nccl;

/// <summary>The fence of a group whose ranks are threads of one process, each with its own device.</summary>
public sealed class LocalNcclFence : INcclFence
{
    private readonly Board _board;
    private readonly int _rank;

    private LocalNcclFence(Board board, int rank) => (_board, _rank) = (board, rank);

    /// <inheritdoc/>
    public Task<NcclAbort> Raised => _board.Raised.Task;

    /// <summary>Creates the fences of all ranks of a new group, by rank.</summary>
    /// <param name="size">Number of ranks, at least 1.</param>
    public static IReadOnlyList<INcclFence> Create(int size)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(size, 1);
        var board = new Board(size);
        return [.. Enumerable.Range(0, size).Select(rank => new LocalNcclFence(board, rank))];
    }

    /// <inheritdoc/>
    public void Raise(NcclAbort abort) => _board.Raised.TrySetResult(abort);

    /// <inheritdoc/>
    public void Publish(NcclProgress progress)
    {
        lock (_board) _board.Progress[_rank] = progress;
    }

    /// <inheritdoc/>
    public NcclProgress ProgressOf(int rank)
    {
        lock (_board) return _board.Progress[rank];
    }

    private sealed class Board(int size)
    {
        public TaskCompletionSource<NcclAbort> Raised { get; } = new(); // continuations run synchronously when it is raised

        public NcclProgress[] Progress { get; } = new NcclProgress[size];
    }
}
