using OrleansTagging.Commands;

using var interruption = Interruption.Watch();
return await CommandLine.InvokeAsync(args, Terminal.OfProcess(), interruption.Token);
