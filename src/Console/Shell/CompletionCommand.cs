using System.CommandLine;
using OrleansTagging.Labels;

namespace OrleansTagging.Commands.Shell;

/// <summary>
/// <c>completion</c>: a script by which a shell completes commands, options and names of experiments. The shell gives the program the
/// line and the cursor (<c>[suggest:N]</c>, System.CommandLine's directive), which answers with what may stand there.
/// </summary>
internal sealed class CompletionCommand : TaggingCommand
{
    // Each asks with the line without its first word, which may be a path.
    private const string Bash = """
        _tagging() {
          local line=${COMP_LINE#"${COMP_WORDS[0]}"}
          local at=$((COMP_POINT - ${#COMP_LINE} + ${#line}))
          local IFS=$'\n'
          COMPREPLY=($(compgen -W "$("${COMP_WORDS[0]}" "[suggest:$at]" "$line" 2>/dev/null)" -- "${COMP_WORDS[COMP_CWORD]}"))
        }
        complete -o default -F _tagging tagging
        """;

    private const string Zsh = """
        _tagging() {
          local line=${BUFFER#"${words[1]}"}
          local -a found=("${(@f)$("${words[1]}" "[suggest:$((CURSOR - ${#BUFFER} + ${#line}))]" "$line" 2>/dev/null)}")
          compadd -a found
          _files
        }
        compdef _tagging tagging
        """;

    private const string PowerShell = """
        Register-ArgumentCompleter -Native -CommandName tagging -ScriptBlock {
          param($word, $ast, $cursor)
          $command = $ast.CommandElements[0].ToString()
          $line = $ast.ToString().Substring($command.Length)
          $at = $cursor - $ast.Extent.StartOffset - $command.Length
          & $command "[suggest:$at]" $line.PadRight($at) 2>$null |
            ForEach-Object { [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_) }
        }
        """;

    private readonly Terminal _terminal;
    private readonly Argument<string> _shell = new("SHELL") { Description = "bash, zsh or pwsh" };

    public CompletionCommand(Terminal terminal) : base(
        "completion",
        "Writes a script for bash, zsh or PowerShell that completes commands, options and names of experiments.",
        "eval \"$(tagging completion bash)\"")
    {
        _terminal = terminal;
        _shell.CompletionSources.Add("bash", "zsh", "pwsh");
        Arguments.Add(_shell);
    }

    protected override Task<int> RunAsync(ParseResult line, CancellationToken cancellationToken)
    {
        _terminal.Out.WriteLine(line.GetRequiredValue(_shell) switch
        {
            "bash" => Bash,
            "zsh" => Zsh,
            "pwsh" or "powershell" => PowerShell,
            var other => throw new InputException($"'{other}' is no shell that is known here; name bash, zsh or pwsh."),
        });
        return Task.FromResult(ExitCode.Success);
    }
}
