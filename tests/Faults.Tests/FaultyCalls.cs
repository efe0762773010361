using System.Reflection;
using Orleans;
using Orleans.Concurrency;
using Orleans.Serialization.Invocation;

namespace OrleansTagging.Faults.Tests;

/// <summary>Calls of grains that get lost, are answered in vain, come late, or come twice.</summary>
internal sealed class FaultyCalls(FaultPlan plan) : IOutgoingGrainCallFilter
{
    private static readonly AsyncLocal<bool> s_isSecond = new();

    public async Task Invoke(IOutgoingGrainCallContext context)
    {
        if (s_isSecond.Value || !context.InterfaceName.StartsWith("OrleansTagging.", StringComparison.Ordinal))
        {
            // The second of two, or Orleans' own.
            await context.Invoke();
            return;
        }
        var call = $"{context.TargetId} {context.MethodName}";
        var isOneWay = context.InterfaceMethod.GetCustomAttribute<OneWayAttribute>() is not null;
        if (plan.Strikes("call lost", plan.CallLost, call))
        {
            if (!isOneWay)
            {
                // What a caller hears in the end; the time until then is left out.
                throw new TimeoutException($"{call} was lost (injected)");
            }
            context.Response = Response.Completed;
            return;
        }
        await plan.BeLateAsync("call late", plan.CallLate, call);
        // A call that is under way no longer has its arguments.
        var arguments = Enumerable.Range(0, context.Request.GetArgumentCount()).Select(context.Request.GetArgument).ToArray();
        await context.Invoke();
        if (plan.Strikes("call twice", plan.CallTwice, call))
        {
            await RepeatAsync(context, arguments);
        }
        if (isOneWay)
        {
            return;
        }
        await plan.BeLateAsync("answer late", plan.AnswerLate, call);
        if (plan.Strikes("answer lost", plan.AnswerLost, call))
        {
            throw new TimeoutException($"the answer of {call} was lost (injected)");
        }
    }

    private static async Task RepeatAsync(IOutgoingGrainCallContext context, object?[] arguments)
    {
        s_isSecond.Value = true;
        try
        {
            await (Task)context.InterfaceMethod.Invoke(context.Grain, arguments)!;
        }
        catch (Exception)
        {
            // Nobody waits for a second answer.
        }
    }
}
