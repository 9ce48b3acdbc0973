namespace Distributed.Transports.Nccl;

/// <summary>That a group is fenced.</summary>
/// <param name="RaisedBy">The rank that raised it; every rank raises at most one. -1 where another rank, or the fence itself, told it.</param>
/// <param name="CulpritRank">The rank that it is because of; often the same.</param>
/// <param name="Reason">Why, in words for whoever reads the errors of the other ranks.</param>
public sealed record NcclAbort(int RaisedBy, int CulpritRank, string Reason);
