using Distributed.Protocol;

namespace Distributed.Coordinator.Jobs;

/// <summary>By which way the members of a group exchange.</summary>
public enum ExchangeWay
{
    /// <summary>The fastest that all of them offer.</summary>
    Auto,

    /// <summary>Over memory that they share.</summary>
    SameHost,

    /// <summary>Over gRPC.</summary>
    Grpc,

    /// <summary>Over NCCL, each with a GPU of its own.</summary>
    Nccl,
}

/// <summary>How the members of a group exchange, from what each of them said it can.</summary>
internal static class ExchangeChoice
{
    /// <summary>Over NCCL where each has a GPU of its own for it, else over shared memory where all are on one host, else over gRPC; null where nobody offers anything, as threads of one process do not.</summary>
    /// <param name="wanted">What is asked for.</param>
    /// <param name="members">By rank.</param>
    /// <param name="problem">Why it cannot be; null where it can.</param>
    public static Exchange? Of(ExchangeWay wanted, IReadOnlyList<Member> members, out string? problem)
    {
        problem = null;
        var first = members[0].Hello;
        var offered = members.Any(member => member.Hello.Host.Length + member.Hello.ExchangeAddress.Length > 0);
        if (!offered && wanted == ExchangeWay.Auto) return null;
        if (wanted is ExchangeWay.Auto or ExchangeWay.Nccl)
        {
            if (NcclChoice.Of(members, out var lack) is { } nccl) return new Exchange { Nccl = nccl };
            if (wanted == ExchangeWay.Nccl) problem = lack;
        }

        if (wanted is ExchangeWay.Auto or ExchangeWay.SameHost)
        {
            var away = members.FirstOrDefault(member => member.Hello.Host.Length == 0 || member.Hello.Host != first.Host || member.Hello.Rendezvous != first.Rendezvous);
            if (away is null) return new Exchange { SameHost = new SameHostExchange { Rendezvous = first.Rendezvous } };
            if (wanted == ExchangeWay.SameHost) problem = $"{away.Id.Name} does not share memory with {members[0].Id.Name}: they are not on one host, or not one user's";
        }

        if (wanted is ExchangeWay.Auto or ExchangeWay.Grpc)
        {
            var mute = members.FirstOrDefault(member => member.Hello.ExchangeAddress.Length == 0);
            var other = members.FirstOrDefault(member => IsSecure(member) != IsSecure(members[0]));
            if (mute is null && other is not null)
            {
                problem = $"{other.Id.Name} serves it at {other.Hello.ExchangeAddress} and {members[0].Id.Name} at {first.ExchangeAddress}, one with certificates and the other without: let both join in the same way";
                return null;
            }

            if (mute is null) return new Exchange { Grpc = new GrpcExchange { Addresses = { members.Select(member => member.Hello.ExchangeAddress) } } };
            problem = $"{mute.Id.Name} does not exchange over gRPC";
        }

        return null;
    }

    private static bool IsSecure(Member member) => member.Hello.ExchangeAddress.StartsWith("https:", StringComparison.Ordinal);
}
