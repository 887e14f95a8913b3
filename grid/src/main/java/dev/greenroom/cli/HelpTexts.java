package dev.greenroom.cli;

import dev.greenroom.cli.Commands.ExitCodes;
import dev.greenroom.config.SettingsCatalog;
import dev.greenroom.config.SettingsCatalog.SettingDescription;
import dev.greenroom.config.SettingsCatalog.SettingDescription.SectionDescription;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Model.ArgGroupSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/// Describes commands and flags to picocli; the flags come from the records that hold the settings.
final class HelpTexts {
    private static final int COLUMNS = 100;
    private static final int LONGEST_FLAG_COLUMNS = 40;

    private HelpTexts() {}

    static CommandSpec program(String name, String version) {
        var program = CommandSpec.create()
                .name(name)
                .version(name + " " + version)
                .addOption(help())
                .addOption(OptionSpec.builder("-V", "--version")
                        .versionHelp(true)
                        .description("Show the version and exit.")
                        .build());
        program.usageMessage()
                .synopsisSubcommandLabel("COMMAND")
                .description("A self-hosted browser grid for Playwright.", "")
                .commandListHeading("%nCommands:%n")
                .footer("", name + " COMMAND --help shows every setting of a command.");
        return program;
    }

    /// @param command the user object of the parse result
    /// @param failure what exit code 1 means
    static CommandSpec command(Object command, String purpose, String failure, SettingsCatalog<?> catalog) {
        var spec = CommandSpec.wrapWithoutInspection(command).addOption(help());
        catalog.settings()
                .filter(SettingDescription::isArgument)
                .map(HelpTexts::argument)
                .forEach(spec::addPositional);
        catalog.sections().forEach(section -> spec.addArgGroup(group(section)));
        spec.usageMessage()
                .abbreviateSynopsis(true)
                .description(purpose, "")
                .sortOptions(false)
                .exitCodeListHeading("%nExit codes:%n")
                .exitCodeList(exitCodes(failure))
                .footer(
                        "",
                        "An environment variable in brackets sets the same as its flag; the flag wins, and an empty"
                                + " value counts as not set. Durations: 500ms, 20s, 5m, 2h; a bare number is seconds."
                                + " Every user of the machine can see flags: give secrets as variables or files.");
        return spec;
    }

    static CommandLine format(CommandLine line) {
        return line.setInterpolateVariables(false)
                .setUsageHelpWidth(COLUMNS)
                .setUsageHelpLongOptionsMaxWidth(LONGEST_FLAG_COLUMNS);
    }

    private static OptionSpec help() {
        return OptionSpec.builder("-h", "--help")
                .usageHelp(true)
                .description("Show this help and exit.")
                .build();
    }

    private static ArgGroupSpec group(SectionDescription section) {
        var group = ArgGroupSpec.builder().validate(false).heading("%n" + literal(section.title()) + ":%n");
        section.settings().stream()
                .filter(entry -> !entry.isArgument())
                .flatMap(HelpTexts::options)
                .forEach(group::addArg);
        return group.build();
    }

    private static PositionalParamSpec argument(SettingDescription entry) {
        return PositionalParamSpec.builder()
                .type(String.class)
                .arity("1")
                .required(true)
                .paramLabel(entry.name())
                .description(literal(entry.meaning()))
                .build();
    }

    private static Stream<OptionSpec> options(SettingDescription entry) {
        if (entry.isSwitch()) {
            return Stream.of(OptionSpec.builder(entry.flag())
                    .type(boolean.class)
                    .arity("0")
                    .description(literal(entry.meaning()))
                    .build());
        }
        var value = option(entry.flag(), entry.valueLabel(), entry.meaning() + origin(entry));
        var file = entry.fileFlag()
                .map(flag -> option(
                        flag,
                        "PATH",
                        "A file that holds the value. [" + entry.fileName().orElseThrow() + "]"));
        return Stream.concat(Stream.of(value), file.stream());
    }

    /// The variable and the default, where there are any, in brackets.
    private static String origin(SettingDescription entry) {
        var variable = entry.hasVariable() ? Stream.of(entry.name()) : Stream.<String>of();
        var fallback = entry.fallback().isEmpty() ? Stream.<String>of() : Stream.of("default " + entry.fallback());
        var words = Stream.concat(variable, fallback).collect(Collectors.joining("; "));
        return words.isEmpty() ? "" : " [" + words + "]";
    }

    private static OptionSpec option(String flag, String label, String description) {
        return OptionSpec.builder(flag)
                .type(String.class)
                .arity("1")
                .paramLabel(label)
                .description(literal(description))
                .build();
    }

    /// Escapes a text for picocli, which treats it as a format.
    private static String literal(String text) {
        return text.replace("%", "%%");
    }

    private static Map<String, String> exitCodes(String failure) {
        var codes = new LinkedHashMap<String, String>();
        codes.put(" " + ExitCodes.OK, "done, or stopped as asked");
        codes.put(" " + ExitCodes.FAILED, failure);
        codes.put(" " + ExitCodes.USAGE, "a flag or a setting is wrong; nothing was started");
        return codes;
    }
}
