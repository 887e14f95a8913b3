package dev.greenroom.cli;

import dev.greenroom.config.CommandSettings;
import dev.greenroom.config.DoctorSettings;
import dev.greenroom.config.DrainOrderSettings;
import dev.greenroom.config.ProxySettings;
import dev.greenroom.config.StatusSettings;
import dev.greenroom.config.StressSettings;
import dev.greenroom.config.UpSettings;
import dev.greenroom.config.WorkerSettings;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/// The command line of the program.
public final class Commands {
    private static final Logger LOG = LoggerFactory.getLogger(Commands.class);

    private final Launches launches;
    private final Logging logging;
    private final Surroundings surroundings;

    public Commands(Launches launches, Logging logging, Surroundings surroundings) {
        this.launches = launches;
        this.logging = logging;
        this.surroundings = surroundings;
    }

    /// Runs what the arguments name, until it is done.
    ///
    /// @return one of [ExitCodes]
    public int run(List<String> arguments) {
        return commandLine().execute(arguments.toArray(String[]::new));
    }

    private CommandLine commandLine() {
        var program = HelpTexts.program(surroundings.version());
        add(
                program,
                "up",
                "Run a whole grid in one process: proxy and workers, no Redis.",
                UpSettings.class,
                launches.up());
        add(
                program,
                "proxy",
                "Run the front door of a grid; its state is in Redis.",
                ProxySettings.class,
                launches.proxy());
        add(
                program,
                "worker",
                "Run a worker: browsers of one type, known to the grid through Redis.",
                WorkerSettings.class,
                launches.worker());
        addTools(program);
        return HelpTexts.shaped(new CommandLine(program))
                .setExecutionStrategy(this::execute)
                .setParameterExceptionHandler((wrong, _) -> explain(wrong))
                .setExpandAtFiles(false)
                .setOut(surroundings.out())
                .setErr(surroundings.err());
    }

    private void addTools(CommandSpec program) {
        add(
                program,
                "doctor",
                "Examine a grid and this machine, and say what is wrong and what to do about it.",
                "something is wrong",
                DoctorSettings.class,
                launches.tools().doctor());
        add(
                program,
                "status",
                "Show workers, sessions and queue of a grid.",
                "the grid could not be asked",
                StatusSettings.class,
                launches.tools().status());
        add(
                program,
                "stress",
                "Run many sessions through a grid and say how long they took.",
                "a session failed, or the test could not be run to its end",
                StressSettings.class,
                launches.tools().stress());
        add(
                program,
                "drain",
                "Have a worker finish its sessions, take no new ones, and recycle.",
                "it was not told, or is not gone in time",
                DrainOrderSettings.class,
                launches.tools().drain());
    }

    private <S extends CommandSettings> void add(
            CommandSpec program, String name, String purpose, Class<S> root, Start<S> start) {
        add(program, name, purpose, "could not start, or not go on", root, start);
    }

    private <S extends CommandSettings> void add(
            CommandSpec program, String name, String purpose, String failure, Class<S> root, Start<S> start) {
        var run = new SettingsRun<>(root, start, logging, surroundings);
        program.addSubcommand(name, HelpTexts.command(run, purpose, failure, run.catalog()));
    }

    private int execute(ParseResult parsed) {
        var help = CommandLine.executeHelpRequest(parsed);
        if (help != null) {
            return help;
        }
        if (!parsed.hasSubcommand()) {
            parsed.commandSpec().commandLine().usage(surroundings.err());
            return ExitCodes.USAGE;
        }
        var command = parsed.subcommand();
        try {
            return ((SettingsRun<?>) command.commandSpec().userObject()).run(command);
        } catch (RuntimeException fault) {
            return admit(command.commandSpec().qualifiedName(), fault);
        }
    }

    /// The outermost line: whatever arrives here is a mistake of ours, and there may be no log to hold its trace.
    private int admit(String name, RuntimeException fault) {
        LOG.atDebug().setCause(fault).log("command is broken");
        surroundings.err().println(name + ": this is a fault of Greenroom, please report it: " + fault);
        surroundings.err().flush();
        return ExitCodes.FAILED;
    }

    private int explain(ParameterException wrong) {
        var command = wrong.getCommandLine();
        var name = command.getCommandSpec().qualifiedName();
        surroundings.err().println(name + ": " + wrong.getMessage());
        UnmatchedArgumentException.printSuggestions(wrong, surroundings.err());
        surroundings.err().println(name + " --help shows what there is.");
        surroundings.err().flush();
        return ExitCodes.USAGE;
    }
}
