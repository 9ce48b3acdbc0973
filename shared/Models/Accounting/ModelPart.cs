namespace Distributed.Models.Accounting;

/// <summary>A part of a network, over all layers that have it.</summary>
/// <param name="Name">Such as <c>routed experts</c>.</param>
/// <param name="Parameters">Trained numbers, each counted once.</param>
/// <param name="Active">Those of them that one token passes.</param>
public sealed record ModelPart(string Name, long Parameters, long Active);
