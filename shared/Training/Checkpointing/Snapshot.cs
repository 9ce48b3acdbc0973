using System.Diagnostics;
using Distributed.Checkpoints;
using Distributed.Tensors.Safetensors;
using static TorchSharp.torch;

namespace Distributed.Training.Checkpointing;

/// <summary>
/// Preserves the tensors of a save while training continues. Tensors are written from their original memory. Before they change, those
/// that are not written yet are copied, in reverse order of writing and up to a memory limit; the rest is waited for. Forward and
/// backward change none of the tensors, so most are usually written by then.
/// </summary>
public sealed class Snapshot : IDisposable
{
    private readonly object _gate = new();
    private readonly Dictionary<(TensorKind Kind, string Name), Piece> _pieces = [];
    private readonly List<Piece> _order = []; // in the order of writing
    private readonly long _bound;
    private bool _cancelled;

    /// <param name="parts">The tensors by kind, in the order in which the kinds are written.</param>
    /// <param name="bound">Limit of the memory for copies, as a share of all bytes, 0 to 1.</param>
    public Snapshot(IEnumerable<(TensorKind Kind, IReadOnlyList<(string Name, Tensor Tensor)> Tensors)> parts, double bound)
    {
        foreach (var (kind, tensors) in parts)
        {
            foreach (var (name, tensor) in SafetensorsWriter.InFileOrder(tensors))
            {
                var piece = new Piece(name, tensor.alias().DetachFromDisposeScope());
                _pieces.Add((kind, name), piece);
                _order.Add(piece);
            }
        }

        _bound = (long)(bound * _order.Sum(piece => piece.Bytes));
    }

    private enum State
    {
        Waiting,
        BeingWritten,
        Copied,
        Done,
    }

    /// <summary>Returns the tensors of one kind.</summary>
    public IReadOnlyList<(string Name, Tensor Tensor)> Of(TensorKind kind) =>
        [.. _pieces.Where(piece => piece.Key.Kind == kind).Select(piece => (piece.Key.Name, piece.Value.Tensor))];

    /// <summary>Returns access to the tensors of one kind for the writer, each with its value at the start of the save.</summary>
    /// <exception cref="OperationCanceledException">The save was given up.</exception>
    public TensorAccess AccessTo(TensorKind kind) => (name, _, write) =>
    {
        var piece = _pieces[(kind, name)];
        Tensor from;
        lock (_gate)
        {
            if (_cancelled) throw new OperationCanceledException($"The save was given up before {name} was written.");
            from = piece.Copy ?? piece.Tensor;
            if (piece.State == State.Waiting) piece.State = State.BeingWritten;
        }

        try
        {
            return write(from);
        }
        finally
        {
            lock (_gate)
            {
                piece.State = State.Done;
                piece.Copy?.Dispose();
                piece.Copy = null;
                Monitor.PulseAll(_gate);
            }
        }
    };

    /// <summary>Returns when no tensor is read from its original memory any more: each is written, copied or given up.</summary>
    /// <param name="timeout">Longest time to wait for writes.</param>
    /// <returns>Null, or the name of a tensor that was not written in time; the save is then given up.</returns>
    public string? Preserve(TimeSpan timeout)
    {
        using var mode = no_grad();
        var start = Stopwatch.GetTimestamp();
        lock (_gate)
        {
            var copied = 0L;
            foreach (var piece in Enumerable.Reverse(_order))
            {
                if (piece.State == State.Done || _cancelled) break; // all earlier tensors are written or being written
                if (piece.State != State.Waiting || (copied += piece.Bytes) > _bound) break;
                piece.Copy = piece.Tensor.detach().clone().DetachFromDisposeScope();
                piece.State = State.Copied;
            }

            while (_order.Find(piece => piece.State == State.BeingWritten || (piece.State == State.Waiting && !_cancelled)) is { } awaited)
            {
                var left = timeout - Stopwatch.GetElapsedTime(start);
                if (left > TimeSpan.Zero && Monitor.Wait(_gate, left)) continue;
                Cancel();
                return awaited.Name;
            }

            return null;
        }
    }

    /// <summary>Gives the save up: no further tensor is written.</summary>
    public void Cancel()
    {
        lock (_gate)
        {
            _cancelled = true;
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>Frees the copies. No write may be in progress.</summary>
    public void Dispose()
    {
        foreach (var piece in _order)
        {
            piece.Copy?.Dispose();
            piece.Tensor.Dispose();
        }
    }

    private sealed class Piece(string name, Tensor tensor)
    {
        public string Name { get; } = name;

        public Tensor Tensor { get; } = tensor;

        public long Bytes { get; } = tensor.numel() * tensor.element_size();

        public State State { get; set; } = State.Waiting;

        public Tensor? Copy { get; set; }
    }
}
