using Distributed.Protocol;

namespace Distributed.Coordinator.Jobs;

/// <summary>How the members of a group exchange, from what each of them said it can.</summary>
internal static class ExchangeChoice
{
    /// <summary>Over shared memory where all are on one host; null where nobody offers anything, as threads of one process do not.</summary>
    public static Exchange? Of(IReadOnlyList<Member> members)
    {
        var (host, meeting) = (members[0].Hello.Host, members[0].Hello.Meeting);
        return host.Length > 0 && members.All(member => member.Hello.Host == host && member.Hello.Meeting == meeting)
            ? new Exchange { SameHost = new SameHostExchange { Meeting = meeting } }
            : null;
    }
}
