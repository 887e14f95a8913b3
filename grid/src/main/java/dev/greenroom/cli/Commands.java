package dev.greenroom.cli;

import dev.greenroom.cli.CommandEnvironment.LogStarter;
import dev.greenroom.cli.CommandRun.CommandStart;
import dev.greenroom.config.SettingDescription;
import dev.greenroom.config.settings.CommandSettings;
import dev.greenroom.config.settings.DoctorSettings;
import dev.greenroom.config.settings.DrainCommandSettings;
import dev.greenroom.config.settings.ProxySettings;
import dev.greenroom.config.settings.StatusSettings;
import dev.greenroom.config.settings.StressSettings;
import dev.greenroom.config.settings.UpSettings;
import dev.greenroom.config.settings.WorkerSettings;
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

    private final List<CommandEntry<?>> commands;
    private final LogStarter logStarter;
    private final CommandEnvironment environment;

    public Commands(CommandLauncher commandLauncher, LogStarter logStarter, CommandEnvironment environment) {
        this.commands = Stream.concat(services(commandLauncher), tools(commandLauncher.tools()))
                .toList();
        this.logStarter = logStarter;
        this.environment = environment;
    }

    /// @param failure what the exit code for a failure says
    private record CommandEntry<S extends CommandSettings>(
            String name, String purpose, String failure, Class<S> settings, CommandStart<S> start) {
        String qualifiedName() {
            return PROGRAM + " " + name;
        }
    }

    private static Stream<CommandEntry<?>> services(CommandLauncher commandLauncher) {
        return Stream.of(
                new CommandEntry<>(
                        "up",
                        "Run a whole grid in one process: proxy and workers, no Redis.",
                        SERVICE_FAILED,
                        UpSettings.class,
                        commandLauncher.up()),
                new CommandEntry<>(
                        "proxy",
                        "Run the front door of a grid; its state is in Redis.",
                        SERVICE_FAILED,
                        ProxySettings.class,
                        commandLauncher.proxy()),
                new CommandEntry<>(
                        "worker",
                        "Run a worker: browsers of one type, known to the grid through Redis.",
                        SERVICE_FAILED,
                        WorkerSettings.class,
                        commandLauncher.worker()));
    }

    private static Stream<CommandEntry<?>> tools(CommandLauncher.ToolLaunches launches) {
        return Stream.of(
                new CommandEntry<>(
                        "doctor",
                        "Examine a grid and this machine, and say what is wrong and what to do about it.",
                        "something is wrong",
                        DoctorSettings.class,
                        launches.doctor()),
                new CommandEntry<>(
                        "status",
                        "Show workers, sessions and queue of a grid.",
                        "the grid could not be asked",
                        StatusSettings.class,
                        launches.status()),
                new CommandEntry<>(
                        "stress",
                        "Run many sessions through a grid and say how long they took.",
                        "a session failed, or the test could not be run to its end",
                        StressSettings.class,
                        launches.stress()),
                new CommandEntry<>(
                        "drain",
                        "Have a worker finish its sessions, take no new ones, and exit.",
                        "it was not told, or is not gone in time",
                        DrainCommandSettings.class,
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
        var described = named.<List<CommandEntry<?>>>map(List::of).orElse(commands);
        return commandLine(described).execute(arguments.toArray(String[]::new));
    }

    private int runBare(CommandEntry<?> command) {
        var run = settingsRun(command);
        return run.catalog().settings().anyMatch(SettingDescription::isArgument)
                ? commandLine(List.of(command)).execute(command.name())
                : admitting(command.qualifiedName(), () -> run.run(command.qualifiedName(), Map.of()));
    }

    private <S extends CommandSettings> CommandRun<S> settingsRun(CommandEntry<S> command) {
        return new CommandRun<>(command.settings(), command.start(), logStarter, environment);
    }

    private CommandLine commandLine(List<CommandEntry<?>> described) {
        var program = HelpTexts.program(PROGRAM, environment.version());
        for (var command : described) {
            var run = settingsRun(command);
            program.addSubcommand(
                    command.name(), HelpTexts.command(run, command.purpose(), command.failure(), run.catalog()));
        }
        return HelpTexts.format(new CommandLine(program))
                .setExecutionStrategy(this::execute)
                .setParameterExceptionHandler((wrong, _) -> explain(wrong))
                .setExpandAtFiles(false)
                .setOut(environment.out())
                .setErr(environment.err());
    }

    private int execute(ParseResult parsed) {
        var help = CommandLine.executeHelpRequest(parsed);
        if (help != null) {
            return help;
        }
        if (!parsed.hasSubcommand()) {
            parsed.commandSpec().commandLine().usage(environment.err());
            return ExitCodes.USAGE;
        }
        var command = parsed.subcommand();
        var run = (CommandRun<?>) command.commandSpec().userObject();
        var name = command.commandSpec().qualifiedName();
        return admitting(name, () -> run.run(name, run.flags(command)));
    }

    /// The outermost line: whatever arrives here is a mistake of ours, and there may be no log to hold its
    /// trace.
    private int admitting(String name, IntSupplier run) {
        try {
            return run.getAsInt();
        } catch (RuntimeException fault) {
            LOG.atDebug().setCause(fault).log("command is broken");
            environment.err().println(name + ": this is a fault of Greenroom, please report it: " + fault);
            environment.err().flush();
            return ExitCodes.FAILED;
        }
    }

    private int explain(ParameterException wrong) {
        var command = wrong.getCommandLine();
        var name = command.getCommandSpec().qualifiedName();
        environment.err().println(name + ": " + wrong.getMessage());
        UnmatchedArgumentException.printSuggestions(wrong, environment.err());
        environment.err().println(name + " --help shows what there is.");
        environment.err().flush();
        return ExitCodes.USAGE;
    }
}
