namespace Distributed.Models.Accounting;

/// <summary>The parameter counts of one part of a network, summed over all layers that have the part.</summary>
/// <param name="Name">Name of the part, such as <c>routed experts</c>.</param>
/// <param name="Parameters">Number of trained values; a shared value counts once.</param>
/// <param name="Active">Number of trained values that one token uses.</param>
public sealed record ModelPart(string Name, long Parameters, long Active);
