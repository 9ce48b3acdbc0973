namespace Distributed.Transports.Nccl;

/// <summary>The fence of a group whose ranks are threads of one process, each with a device of its own.</summary>
public sealed class LocalNcclFence : INcclFence
{
    private readonly Board _board;
    private readonly int _rank;

    private LocalNcclFence(Board board, int rank) => (_board, _rank) = (board, rank);

    /// <inheritdoc/>
    public Task<NcclAbort> Raised => _board.Raised.Task;

    /// <summary>The ends of all ranks of a new group.</summary>
    /// <param name="size">Ranks, at least 1.</param>
    public static IReadOnlyList<INcclFence> Create(int size)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(size, 1);
        var board = new Board(size);
        return [.. Enumerable.Range(0, size).Select(rank => new LocalNcclFence(board, rank))];
    }

    /// <inheritdoc/>
    public void Raise(NcclAbort abort) => _board.Raised.TrySetResult(abort);

    /// <inheritdoc/>
    public void Publish(NcclStanding standing)
    {
        lock (_board) _board.Standings[_rank] = standing;
    }

    /// <inheritdoc/>
    public NcclStanding StandingOf(int rank)
    {
        lock (_board) return _board.Standings[rank];
    }

    private sealed class Board(int size)
    {
        public TaskCompletionSource<NcclAbort> Raised { get; } = new(); // continuations run where it is raised: at once

        public NcclStanding[] Standings { get; } = new NcclStanding[size];
    }
}
