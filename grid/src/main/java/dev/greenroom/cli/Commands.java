package dev.greenroom.cli;

import dev.greenroom.cli.Commands.CommandLauncher.CommandStart;
import dev.greenroom.config.CommandSettings;
import dev.greenroom.config.CommandSettings.DoctorSettings;
import dev.greenroom.config.CommandSettings.DrainCommandSettings;
import dev.greenroom.config.CommandSettings.LogSettings;
import dev.greenroom.config.CommandSettings.ProxySettings;
import dev.greenroom.config.CommandSettings.StatusSettings;
import dev.greenroom.config.CommandSettings.StressSettings;
import dev.greenroom.config.CommandSettings.UpSettings;
import dev.greenroom.config.CommandSettings.WorkerSettings;
import dev.greenroom.config.SettingsCatalog.SettingDescription;
import java.io.PrintWriter;
import java.nio.file.Path;
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
    private static final String SERVICE_FAILED = "could not start, or could not continue";

    private final List<CommandEntry<?>> commands;
    private final LogStarter logStarter;
    private final Map<String, String> environment;
    private final Path home;
    private final String version;
    private final PrintWriter out;
    private final PrintWriter err;

    /// @param environment every environment variable
    /// @param home the user's home folder, which `~` stands for
    /// @param version of the program
    /// @param out for help and version
    /// @param err for errors
    public Commands(
            CommandLauncher launcher,
            LogStarter logStarter,
            Map<String, String> environment,
            Path home,
            String version,
            PrintWriter out,
            PrintWriter err) {
        this.commands =
                Stream.concat(services(launcher), tools(launcher.tools())).toList();
        this.logStarter = logStarter;
        this.environment = Map.copyOf(environment);
        this.home = home;
        this.version = version;
        this.out = out;
        this.err = err;
    }

    /// Opens the log once its settings are known.
    @FunctionalInterface
    public interface LogStarter {

        /// Writes log lines as the settings say from now on.
        OpenLog open(LogSettings settings);

        /// The log while a command runs.
        @FunctionalInterface
        interface OpenLog extends AutoCloseable {
            /// Writes what is still queued, within a deadline.
            @Override
            void close();
        }
    }

    /// @param failure what exit code 1 means
    private record CommandEntry<S extends CommandSettings>(
            String name, String purpose, String failure, Class<S> settings, CommandStart<S> start) {
        String qualifiedName() {
            return PROGRAM + " " + name;
        }
    }

    private static Stream<CommandEntry<?>> services(CommandLauncher launcher) {
        return Stream.of(
                new CommandEntry<>(
                        "up",
                        "Run a whole grid in one process: proxy and workers, no Redis.",
                        SERVICE_FAILED,
                        UpSettings.class,
                        launcher.up()),
                new CommandEntry<>(
                        "proxy",
                        "Run the proxy that clients connect to; its state is in Redis.",
                        SERVICE_FAILED,
                        ProxySettings.class,
                        launcher.proxy()),
                new CommandEntry<>(
                        "worker",
                        "Run a worker: browsers of one type, registered in Redis.",
                        SERVICE_FAILED,
                        WorkerSettings.class,
                        launcher.worker()));
    }

    private static Stream<CommandEntry<?>> tools(CommandLauncher.ToolLaunches launches) {
        return Stream.of(
                new CommandEntry<>(
                        "doctor",
                        "Check a grid and this machine, and report what is wrong and how to fix it.",
                        "a check failed",
                        DoctorSettings.class,
                        launches.doctor()),
                new CommandEntry<>(
                        "status",
                        "Show the workers, sessions and queue of a grid.",
                        "the grid did not answer",
                        StatusSettings.class,
                        launches.status()),
                new CommandEntry<>(
                        "stress",
                        "Run many sessions through a grid and report how long they took.",
                        "a session failed, or the test did not finish",
                        StressSettings.class,
                        launches.stress()),
                new CommandEntry<>(
                        "drain",
                        "Let a worker finish its sessions, accept no new ones, and exit.",
                        "the order failed, or the worker did not exit in time",
                        DrainCommandSettings.class,
                        launches.drain()));
    }

    /// Runs the command that the arguments name, until it is done. Blocks the calling thread.
    ///
    /// @return one of [ExitCodes]
    public int run(List<String> arguments) {
        var first = arguments.stream().findFirst().orElse("");
        var named = commands.stream()
                .filter(command -> command.name().equals(first))
                .findFirst();
        if (arguments.size() == 1 && named.isPresent()) {
            // Describing the flags to the library takes as long as the rest of the start, so skip it without flags.
            return runBare(named.get());
        }
        var described = named.<List<CommandEntry<?>>>map(List::of).orElse(commands);
        return commandLine(described).execute(arguments.toArray(String[]::new));
    }

    private int runBare(CommandEntry<?> command) {
        var run = settingsRun(command);
        return run.catalog().settings().anyMatch(SettingDescription::isArgument)
                ? commandLine(List.of(command)).execute(command.name())
                : reportingBugs(command.qualifiedName(), () -> run.run(command.qualifiedName(), Map.of()));
    }

    private <S extends CommandSettings> CommandRun<S> settingsRun(CommandEntry<S> command) {
        return new CommandRun<>(command.settings(), command.start(), logStarter, environment, home, err);
    }

    private CommandLine commandLine(List<CommandEntry<?>> described) {
        var program = HelpTexts.program(PROGRAM, version);
        for (var command : described) {
            var run = settingsRun(command);
            program.addSubcommand(
                    command.name(), HelpTexts.command(run, command.purpose(), command.failure(), run.catalog()));
        }
        return HelpTexts.format(new CommandLine(program))
                .setExecutionStrategy(this::execute)
                .setParameterExceptionHandler((wrong, _) -> explain(wrong))
                .setExpandAtFiles(false)
                .setOut(out)
                .setErr(err);
    }

    private int execute(ParseResult parsed) {
        var help = CommandLine.executeHelpRequest(parsed);
        if (help != null) {
            return help;
        }
        if (!parsed.hasSubcommand()) {
            parsed.commandSpec().commandLine().usage(err);
            return ExitCodes.USAGE;
        }
        var command = parsed.subcommand();
        var run = (CommandRun<?>) command.commandSpec().userObject();
        var name = command.commandSpec().qualifiedName();
        return reportingBugs(name, () -> run.run(name, run.flags(command)));
    }

    /// The last resort: an exception that arrives here is a bug of ours, and the log may not be open.
    private int reportingBugs(String name, IntSupplier run) {
        try {
            return run.getAsInt();
        } catch (RuntimeException fault) {
            LOG.atDebug()
                    .addKeyValue("code", "command-is-broken")
                    .setCause(fault)
                    .log("Command broken");
            err.println(name + ": this is a bug in Greenroom, please report it: " + fault);
            err.flush();
            return ExitCodes.FAILED;
        }
    }

    private int explain(ParameterException wrong) {
        var command = wrong.getCommandLine();
        var name = command.getCommandSpec().qualifiedName();
        err.println(name + ": " + wrong.getMessage());
        UnmatchedArgumentException.printSuggestions(wrong, err);
        err.println(name + " --help shows the commands and flags.");
        err.flush();
        return ExitCodes.USAGE;
    }

    /// The exit codes of the program.
    public static final class ExitCodes {
        /// Done, or stopped as asked.
        public static final int OK = 0;
        /// It could not start, or could not continue.
        public static final int FAILED = 1;
        /// A flag or a setting is wrong; nothing was started.
        public static final int USAGE = 2;

        private ExitCodes() {}
    }

    /// What each command runs once its settings are valid.
    public record CommandLauncher(
            CommandStart<UpSettings> up,
            CommandStart<ProxySettings> proxy,
            CommandStart<WorkerSettings> worker,
            ToolLaunches tools) {

        /// What each tool runs.
        public record ToolLaunches(
                CommandStart<DoctorSettings> doctor,
                CommandStart<StatusSettings> status,
                CommandStart<StressSettings> stress,
                CommandStart<DrainCommandSettings> drain) {
            private static final ToolLaunches NONE = new ToolLaunches(
                    _ -> ExitCodes.FAILED, _ -> ExitCodes.FAILED, _ -> ExitCodes.FAILED, _ -> ExitCodes.FAILED);
        }

        /// Services only: every tool fails.
        public CommandLauncher(
                CommandStart<UpSettings> up, CommandStart<ProxySettings> proxy, CommandStart<WorkerSettings> worker) {
            this(up, proxy, worker, ToolLaunches.NONE);
        }

        /// The work of one command.
        @FunctionalInterface
        public interface CommandStart<S extends CommandSettings> {

            /// Runs until the command is done. Called on the main thread, with the log open.
            ///
            /// @return the exit code, [ExitCodes#OK] or [ExitCodes#FAILED]
            /// @throws Exception when it cannot start or cannot continue; the message is the one sentence
            ///     that the user reads
            int run(S settings) throws Exception;
        }
    }
}
