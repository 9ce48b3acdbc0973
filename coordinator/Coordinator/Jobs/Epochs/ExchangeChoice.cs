using Distributed.Coordinator.Jobs.Groups;
using Distributed.Protocol;

namespace Distributed.Coordinator.Jobs.Epochs;

/// <summary>Chooses the transport of a group from the capabilities in the <c>Hello</c> of each member.</summary>
internal static class ExchangeChoice
{
    /// <summary>
    /// Chooses NCCL if each member has its own GPU, else shared memory if all members are on one host, else gRPC; null if no member offers
    /// a transport, as threads of one process do not.
    /// </summary>
    /// <param name="wanted">The requested transport.</param>
    /// <param name="members">The members, in order of rank.</param>
    /// <param name="problem">Why the requested transport is not possible; null if it is.</param>
    public static Exchange? Of(TransportKind wanted, IReadOnlyList<Member> members, out string? problem)
    {
        problem = null;
        var first = members[0].Hello;
        var offered = members.Any(member => member.Hello.Host.Length + member.Hello.ExchangeAddress.Length > 0);
        if (!offered && wanted == TransportKind.Auto) return null;
        if (wanted is TransportKind.Auto or TransportKind.Nccl)
        {
            if (NcclChoice.Of(members, out var missing) is { } nccl) return new Exchange { Nccl = nccl };
            if (wanted == TransportKind.Nccl) problem = missing;
        }

        if (wanted is TransportKind.Auto or TransportKind.SameHost)
        {
            var remote = members.FirstOrDefault(
                member => member.Hello.Host.Length == 0 || member.Hello.Host != first.Host || member.Hello.Rendezvous != first.Rendezvous);
            if (remote is null) return new Exchange { SameHost = new SameHostExchange { Rendezvous = first.Rendezvous } };
            if (wanted == TransportKind.SameHost)
                problem =
                    $"{remote.Id.Name} does not share memory with {members[0].Id.Name}: they run on different hosts or as different users";
        }

        if (wanted is TransportKind.Auto or TransportKind.Grpc)
        {
            var withoutGrpc = members.FirstOrDefault(member => member.Hello.ExchangeAddress.Length == 0);
            var other = members.FirstOrDefault(member => IsSecure(member) != IsSecure(members[0]));
            if (withoutGrpc is null && other is not null)
            {
                problem = $"{other.Id.Name} serves the exchange at {other.Hello.ExchangeAddress} "
                    + $"and {members[0].Id.Name} at {first.ExchangeAddress}: "
                    + "one uses certificates and the other does not; join both in the same way";
                return null;
            }

            if (withoutGrpc is null)
                return new Exchange { Grpc = new GrpcExchange { Addresses = { members.Select(member => member.Hello.ExchangeAddress) } } };
            problem = $"{withoutGrpc.Id.Name} does not serve the exchange over gRPC";
        }

        return null;
    }

    private static bool IsSecure(Member member) => member.Hello.ExchangeAddress.StartsWith("https:", StringComparison.Ordinal);
}
