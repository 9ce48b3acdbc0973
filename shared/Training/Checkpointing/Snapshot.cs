using System.Diagnostics;
using Distributed.Checkpoints;
using Distributed.Tensors.Safetensors;
using static TorchSharp.torch;

namespace Distributed.Training.Checkpointing;

/// <summary>
/// The tensors of a save, as they are now, while training goes on. They are written from where they lie; what is not written when they
/// are about to change is copied first, the last ones first, as far as the bound on memory allows, and the rest is waited for. Forward and
/// backward change none of them, so that most is usually written by then.
/// </summary>
public sealed class Snapshot : IDisposable
{
    private readonly object _gate = new();
    private readonly Dictionary<(TensorKind Kind, string Name), Piece> _pieces = [];
    private readonly List<Piece> _order = []; // in which they are written
    private readonly long _bound;
    private bool _cancelled;

    /// <param name="parts">What is saved, by kind, in the order in which the kinds are written.</param>
    /// <param name="bound">Bytes that copies may take, as a share of all.</param>
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

    /// <summary>What of one kind is to be written.</summary>
    public IReadOnlyList<(string Name, Tensor Tensor)> Of(TensorKind kind) =>
        [.. _pieces.Where(piece => piece.Key.Kind == kind).Select(piece => (piece.Key.Name, piece.Value.Tensor))];

    /// <summary>Lends tensors of a kind to the writer, each as it was at the beginning.</summary>
    /// <exception cref="OperationCanceledException">The save was given up.</exception>
    public TensorLending Lending(TensorKind kind) => (name, _, write) =>
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

    /// <summary>Returns when nothing is read any more from where it lies, because it is written, copied or given up.</summary>
    /// <param name="patience">How long to wait for what is being written.</param>
    /// <returns>Null, or the name of a tensor that was not written in time; all is then given up.</returns>
    public string? Preserve(TimeSpan patience)
    {
        using var mode = no_grad();
        var start = Stopwatch.GetTimestamp();
        lock (_gate)
        {
            var copied = 0L;
            foreach (var piece in Enumerable.Reverse(_order))
            {
                if (piece.State == State.Done || _cancelled) break; // written in this order: so are those before it, but for the few under way
                if (piece.State != State.Waiting || (copied += piece.Bytes) > _bound) break;
                piece.Copy = piece.Tensor.detach().clone().DetachFromDisposeScope();
                piece.State = State.Copied;
            }

            while (_order.Find(piece => piece.State == State.BeingWritten || (piece.State == State.Waiting && !_cancelled)) is { } awaited)
            {
                var left = patience - Stopwatch.GetElapsedTime(start);
                if (left > TimeSpan.Zero && Monitor.Wait(_gate, left)) continue;
                Cancel();
                return awaited.Name;
            }

            return null;
        }
    }

    /// <summary>Gives the save up: nothing more is lent.</summary>
    public void Cancel()
    {
        lock (_gate)
        {
            _cancelled = true;
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>Frees the copies; nobody writes any more.</summary>
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
