package dev.greenroom.cli;

import dev.greenroom.config.CommandSettings;
import dev.greenroom.config.DoctorSettings;
import dev.greenroom.config.DrainOrderSettings;
import dev.greenroom.config.ProxySettings;
import dev.greenroom.config.SettingEntry;
import dev.greenroom.config.StatusSettings;
import dev.greenroom.config.StressSettings;
import dev.greenroom.config.UpSettings;
import dev.greenroom.config.WorkerSettings;
import java.util.List;
import java.util.Map;
import java.util.function.IntSupplier;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/// The command line of the program.
public final class Commands {
    private static final Logger LOG = LoggerFactory.getLogger(Commands.class);
    private static final String PROGRAM = "greenroom";
    private static final String SERVICE_FAILED = "could not start, or not go on";

    private final List<Command<?>> commands;
    private final Logging logging;
    private final Surroundings surroundings;

    public Commands(Launches launches, Logging logging, Surroundings surroundings) {
        this.commands =
                Stream.concat(services(launches), tools(launches.tools())).toList();
        this.logging = logging;
        this.surroundings = surroundings;
    }

    /// @param failure what the exit code for a failure says
    private record Command<S extends CommandSettings>(
            String name, String purpose, String failure, Class<S> settings, Start<S> start) {
        String qualifiedName() {
            return PROGRAM + " " + name;
        }
    }

    private static Stream<Command<?>> services(Launches launches) {
        return Stream.of(
                new Command<>(
                        "up",
                        "Run a whole grid in one process: proxy and workers, no Redis.",
                        SERVICE_FAILED,
                        UpSettings.class,
                        launches.up()),
                new Command<>(
                        "proxy",
                        "Run the front door of a grid; its state is in Redis.",
                        SERVICE_FAILED,
                        ProxySettings.class,
                        launches.proxy()),
                new Command<>(
                        "worker",
                        "Run a worker: browsers of one type, known to the grid through Redis.",
                        SERVICE_FAILED,
                        WorkerSettings.class,
                        launches.worker()));
    }

    private static Stream<Command<?>> tools(Launches.ToolLaunches launches) {
        return Stream.of(
                new Command<>(
                        "doctor",
                        "Examine a grid and this machine, and say what is wrong and what to do about it.",
                        "something is wrong",
                        DoctorSettings.class,
                        launches.doctor()),
                new Command<>(
                        "status",
                        "Show workers, sessions and queue of a grid.",
                        "the grid could not be asked",
                        StatusSettings.class,
                        launches.status()),
                new Command<>(
                        "stress",
                        "Run many sessions through a grid and say how long they took.",
                        "a session failed, or the test could not be run to its end",
                        StressSettings.class,
                        launches.stress()),
                new Command<>(
                        "drain",
                        "Have a worker finish its sessions, take no new ones, and exit.",
                        "it was not told, or is not gone in time",
                        DrainOrderSettings.class,
                        launches.drain()));
    }

    /// Runs what the arguments name, until it is done.
    ///
    /// @return one of [ExitCodes]
    public int run(List<String> arguments) {
        var first = arguments.stream().findFirst().orElse("");
        var named = commands.stream()
                .filter(command -> command.name().equals(first))
                .findFirst();
        if (arguments.size() == 1 && named.isPresent()) {
            // Flags need not be described where there are none: that takes as long as everything else of a start.
            return runBare(named.get());
        }
        var described = named.<List<Command<?>>>map(List::of).orElse(commands);
        return commandLine(described).execute(arguments.toArray(String[]::new));
    }

    private int runBare(Command<?> command) {
        var run = settingsRun(command);
        return run.catalog().settings().anyMatch(SettingEntry::isArgument)
                ? commandLine(List.of(command)).execute(command.name())
                : admitting(command.qualifiedName(), () -> run.run(command.qualifiedName(), Map.of()));
    }

    private <S extends CommandSettings> SettingsRun<S> settingsRun(Command<S> command) {
        return new SettingsRun<>(command.settings(), command.start(), logging, surroundings);
    }

    private CommandLine commandLine(List<Command<?>> described) {
        var program = HelpTexts.program(PROGRAM, surroundings.version());
        for (var command : described) {
            var run = settingsRun(command);
            program.addSubcommand(
                    command.name(), HelpTexts.command(run, command.purpose(), command.failure(), run.catalog()));
        }
        return HelpTexts.shaped(new CommandLine(program))
                .setExecutionStrategy(this::execute)
                .setParameterExceptionHandler((wrong, _) -> explain(wrong))
                .setExpandAtFiles(false)
                .setOut(surroundings.out())
                .setErr(surroundings.err());
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
        var run = (SettingsRun<?>) command.commandSpec().userObject();
        var name = command.commandSpec().qualifiedName();
        return admitting(name, () -> run.run(name, run.flags(command)));
    }

    /// The outermost line: whatever arrives here is a mistake of ours, and there may be no log to hold its trace.
    private int admitting(String name, IntSupplier run) {
        try {
            return run.getAsInt();
        } catch (RuntimeException fault) {
            LOG.atDebug().setCause(fault).log("command is broken");
            surroundings.err().println(name + ": this is a fault of Greenroom, please report it: " + fault);
            surroundings.err().flush();
            return ExitCodes.FAILED;
        }
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
