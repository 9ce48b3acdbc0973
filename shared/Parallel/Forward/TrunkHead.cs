using Distributed.Parallel.Segments;

namespace Distributed.Parallel.Forward;

/// <summary>
/// Records what follows the trunk of one micro-batch, in place of the cross-entropy of the next tokens, and returns the loss: a scalar sum
/// over the micro-batch.
/// </summary>
/// <param name="tape">Receives the nodes.</param>
/// <param name="hidden">Normed hidden states of the trunk, [B, S, D].</param>
public delegate Boundary TrunkHead(Tape tape, Boundary hidden);
