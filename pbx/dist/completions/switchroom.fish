# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_switchroom_global_optspecs
    string join \n color= h/help V/version
end

function __fish_switchroom_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_switchroom_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_switchroom_using_subcommand
    set -l cmd (__fish_switchroom_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c switchroom -n "__fish_switchroom_needs_command" -l color -d 'Colours: when writing to a terminal, always, or never' -r -f -a "auto\t'When writing to a terminal and `NO_COLOR` is not set'
always\t'Always'
never\t'Never'"
complete -c switchroom -n "__fish_switchroom_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c switchroom -n "__fish_switchroom_needs_command" -s V -l version -d 'Print version'
complete -c switchroom -n "__fish_switchroom_needs_command" -f -a "serve" -d 'Run the exchange'
complete -c switchroom -n "__fish_switchroom_needs_command" -f -a "console" -d 'Watch the floor and act on calls'
complete -c switchroom -n "__fish_switchroom_needs_command" -f -a "demo" -d 'Show a living call centre: a real exchange, real phones, real calls, all on this machine'
complete -c switchroom -n "__fish_switchroom_needs_command" -f -a "init" -d 'Write a starter configuration with extensions and passwords'
complete -c switchroom -n "__fish_switchroom_needs_command" -f -a "check" -d 'Check the configuration; names every fault with its place'
complete -c switchroom -n "__fish_switchroom_needs_command" -f -a "doctor" -d 'Check whether this machine fits the configuration: ports, disk, clock, limits'
complete -c switchroom -n "__fish_switchroom_needs_command" -f -a "ctl" -d 'Ask the running exchange, or tell it something'
complete -c switchroom -n "__fish_switchroom_needs_command" -f -a "phone" -d 'A phone without a screen: call, answer, play, record'
complete -c switchroom -n "__fish_switchroom_needs_command" -f -a "passwd" -d 'Set the password of an extension'
complete -c switchroom -n "__fish_switchroom_needs_command" -f -a "store" -d 'Look after the store'
complete -c switchroom -n "__fish_switchroom_needs_command" -f -a "replay" -d 'Run a flight record again: what an exchange was given before it failed, or was asked for it'
complete -c switchroom -n "__fish_switchroom_needs_command" -f -a "route" -d 'See where a call goes, and why'
complete -c switchroom -n "__fish_switchroom_needs_command" -f -a "hours" -d 'See whether it is open, and why'
complete -c switchroom -n "__fish_switchroom_needs_command" -f -a "flow" -d 'Check, show and test flows, or walk through one without a phone'
complete -c switchroom -n "__fish_switchroom_needs_command" -f -a "config" -d 'Print what can be configured'
complete -c switchroom -n "__fish_switchroom_needs_command" -f -a "completions" -d 'Print completions for a shell'
complete -c switchroom -n "__fish_switchroom_needs_command" -f -a "man" -d 'Print a man page'
complete -c switchroom -n "__fish_switchroom_needs_command" -f -a "version" -d 'Print the version'
complete -c switchroom -n "__fish_switchroom_using_subcommand serve" -s c -l config -d 'Configuration [default: ./switchroom.toml if there is one, else /etc/switchroom/switchroom.toml]' -r -F
complete -c switchroom -n "__fish_switchroom_using_subcommand serve" -l color -d 'Colours: when writing to a terminal, always, or never' -r -f -a "auto\t'When writing to a terminal and `NO_COLOR` is not set'
always\t'Always'
never\t'Never'"
complete -c switchroom -n "__fish_switchroom_using_subcommand serve" -s h -l help -d 'Print help'
complete -c switchroom -n "__fish_switchroom_using_subcommand console; and not __fish_seen_subcommand_from wall desk once tail do" -l socket -d 'Control socket [default: $SWITCHROOM_SOCKET, else that of the configuration, else the usual places]' -r -F
complete -c switchroom -n "__fish_switchroom_using_subcommand console; and not __fish_seen_subcommand_from wall desk once tail do" -l as -d 'Have at most this role' -r -f -a "viewer\t''
agent\t''
supervisor\t''
admin\t''"
complete -c switchroom -n "__fish_switchroom_using_subcommand console; and not __fish_seen_subcommand_from wall desk once tail do" -l lang -d 'Language: en or zh [default: that of the system]' -r
complete -c switchroom -n "__fish_switchroom_using_subcommand console; and not __fish_seen_subcommand_from wall desk once tail do" -l theme -d 'Colours: auto, dark, light, safe, mono, or a file of yours, themes/NAME.toml beside the settings' -r
complete -c switchroom -n "__fish_switchroom_using_subcommand console; and not __fish_seen_subcommand_from wall desk once tail do" -l symbols -d 'Signs: block or ascii' -r
complete -c switchroom -n "__fish_switchroom_using_subcommand console; and not __fish_seen_subcommand_from wall desk once tail do" -l settings -d 'Settings [default: $XDG_CONFIG_HOME/switchroom/console.toml]' -r -F
complete -c switchroom -n "__fish_switchroom_using_subcommand console; and not __fish_seen_subcommand_from wall desk once tail do" -l color -d 'Colours: when writing to a terminal, always, or never' -r -f -a "auto\t'When writing to a terminal and `NO_COLOR` is not set'
always\t'Always'
never\t'Never'"
complete -c switchroom -n "__fish_switchroom_using_subcommand console; and not __fish_seen_subcommand_from wall desk once tail do" -l read-only -d 'Look only, whatever your role'
complete -c switchroom -n "__fish_switchroom_using_subcommand console; and not __fish_seen_subcommand_from wall desk once tail do" -l slow -d 'One picture a second and no meters: for slow lines'
complete -c switchroom -n "__fish_switchroom_using_subcommand console; and not __fish_seen_subcommand_from wall desk once tail do" -l plain -d 'Lines of text instead of a full screen: for screen readers and logs'
complete -c switchroom -n "__fish_switchroom_using_subcommand console; and not __fish_seen_subcommand_from wall desk once tail do" -s h -l help -d 'Print help'
complete -c switchroom -n "__fish_switchroom_using_subcommand console; and not __fish_seen_subcommand_from wall desk once tail do" -f -a "wall" -d 'The wall alone: large digits for the far end of the room, numbers masked; q leaves'
complete -c switchroom -n "__fish_switchroom_using_subcommand console; and not __fish_seen_subcommand_from wall desk once tail do" -f -a "desk" -d 'An agent\'s desk: the caller\'s card, notes, script, what came of the call'
complete -c switchroom -n "__fish_switchroom_using_subcommand console; and not __fish_seen_subcommand_from wall desk once tail do" -f -a "once" -d 'Print what a screen shows, once'
complete -c switchroom -n "__fish_switchroom_using_subcommand console; and not __fish_seen_subcommand_from wall desk once tail do" -f -a "tail" -d 'Print events as they happen'
complete -c switchroom -n "__fish_switchroom_using_subcommand console; and not __fish_seen_subcommand_from wall desk once tail do" -f -a "do" -d 'Do one thing, in the words of the console\'s palette'
complete -c switchroom -n "__fish_switchroom_using_subcommand console; and __fish_seen_subcommand_from wall" -l rotate -d 'For how long a page stays when there are more queues than room, 5s to 300s [default: that of the settings, else 20s]' -r
complete -c switchroom -n "__fish_switchroom_using_subcommand console; and __fish_seen_subcommand_from wall" -l socket -d 'Control socket [default: $SWITCHROOM_SOCKET, else that of the configuration, else the usual places]' -r -F
complete -c switchroom -n "__fish_switchroom_using_subcommand console; and __fish_seen_subcommand_from wall" -l as -d 'Have at most this role' -r -f -a "viewer\t''
agent\t''
supervisor\t''
admin\t''"
complete -c switchroom -n "__fish_switchroom_using_subcommand console; and __fish_seen_subcommand_from wall" -l lang -d 'Language: en or zh [default: that of the system]' -r
complete -c switchroom -n "__fish_switchroom_using_subcommand console; and __fish_seen_subcommand_from wall" -l theme -d 'Colours: auto, dark, light, safe, mono, or a file of yours, themes/NAME.toml beside the settings' -r
complete -c switchroom -n "__fish_switchroom_using_subcommand console; and __fish_seen_subcommand_from wall" -l symbols -d 'Signs: block or ascii' -r
complete -c switchroom -n "__fish_switchroom_using_subcommand console; and __fish_seen_subcommand_from wall" -l settings -d 'Settings [default: $XDG_CONFIG_HOME/switchroom/console.toml]' -r -F
complete -c switchroom -n "__fish_switchroom_using_subcommand console; and __fish_seen_subcommand_from wall" -l color -d 'Colours: when writing to a terminal, always, or never' -r -f -a "auto\t'When writing to a terminal and `NO_COLOR` is not set'
always\t'Always'
never\t'Never'"
complete -c switchroom -n "__fish_switchroom_using_subcommand console; and __fish_seen_subcommand_from wall" -l read-only -d 'Look only, whatever your role'
complete -c switchroom -n "__fish_switchroom_using_subcommand console; and __fish_seen_subcommand_from wall" -l slow -d 'One picture a second and no meters: for slow lines'
complete -c switchroom -n "__fish_switchroom_using_subcommand console; and __fish_seen_subcommand_from wall" -s h -l help -d 'Print help'
complete -c switchroom -n "__fish_switchroom_using_subcommand console; and __fish_seen_subcommand_from desk" -l socket -d 'Control socket [default: $SWITCHROOM_SOCKET, else that of the configuration, else the usual places]' -r -F
complete -c switchroom -n "__fish_switchroom_using_subcommand console; and __fish_seen_subcommand_from desk" -l as -d 'Have at most this role' -r -f -a "viewer\t''
agent\t''
supervisor\t''
admin\t''"
complete -c switchroom -n "__fish_switchroom_using_subcommand console; and __fish_seen_subcommand_from desk" -l lang -d 'Language: en or zh [default: that of the system]' -r
complete -c switchroom -n "__fish_switchroom_using_subcommand console; and __fish_seen_subcommand_from desk" -l theme -d 'Colours: auto, dark, light, safe, mono, or a file of yours, themes/NAME.toml beside the settings' -r
complete -c switchroom -n "__fish_switchroom_using_subcommand console; and __fish_seen_subcommand_from desk" -l symbols -d 'Signs: block or ascii' -r
complete -c switchroom -n "__fish_switchroom_using_subcommand console; and __fish_seen_subcommand_from desk" -l settings -d 'Settings [default: $XDG_CONFIG_HOME/switchroom/console.toml]' -r -F
complete -c switchroom -n "__fish_switchroom_using_subcommand console; and __fish_seen_subcommand_from desk" -l color -d 'Colours: when writing to a terminal, always, or never' -r -f -a "auto\t'When writing to a terminal and `NO_COLOR` is not set'
always\t'Always'
never\t'Never'"
complete -c switchroom -n "__fish_switchroom_using_subcommand console; and __fish_seen_subcommand_from desk" -l read-only -d 'Look only, whatever your role'
complete -c switchroom -n "__fish_switchroom_using_subcommand console; and __fish_seen_subcommand_from desk" -l slow -d 'One picture a second and no meters: for slow lines'
complete -c switchroom -n "__fish_switchroom_using_subcommand console; and __fish_seen_subcommand_from desk" -s h -l help -d 'Print help'
complete -c switchroom -n "__fish_switchroom_using_subcommand console; and __fish_seen_subcommand_from once" -l fail-on -d 'Exit with 1 if something of this level or worse is shown' -r -f -a "warn\t''
crit\t''"
complete -c switchroom -n "__fish_switchroom_using_subcommand console; and __fish_seen_subcommand_from once" -l socket -d 'Control socket [default: $SWITCHROOM_SOCKET, else that of the configuration, else the usual places]' -r -F
complete -c switchroom -n "__fish_switchroom_using_subcommand console; and __fish_seen_subcommand_from once" -l as -d 'Have at most this role' -r -f -a "viewer\t''
agent\t''
supervisor\t''
admin\t''"
complete -c switchroom -n "__fish_switchroom_using_subcommand console; and __fish_seen_subcommand_from once" -l lang -d 'Language: en or zh [default: that of the system]' -r
complete -c switchroom -n "__fish_switchroom_using_subcommand console; and __fish_seen_subcommand_from once" -l theme -d 'Colours: auto, dark, light, safe, mono, or a file of yours, themes/NAME.toml beside the settings' -r
complete -c switchroom -n "__fish_switchroom_using_subcommand console; and __fish_seen_subcommand_from once" -l symbols -d 'Signs: block or ascii' -r
complete -c switchroom -n "__fish_switchroom_using_subcommand console; and __fish_seen_subcommand_from once" -l settings -d 'Settings [default: $XDG_CONFIG_HOME/switchroom/console.toml]' -r -F
complete -c switchroom -n "__fish_switchroom_using_subcommand console; and __fish_seen_subcommand_from once" -l color -d 'Colours: when writing to a terminal, always, or never' -r -f -a "auto\t'When writing to a terminal and `NO_COLOR` is not set'
always\t'Always'
never\t'Never'"
complete -c switchroom -n "__fish_switchroom_using_subcommand console; and __fish_seen_subcommand_from once" -l json -d 'As JSON'
complete -c switchroom -n "__fish_switchroom_using_subcommand console; and __fish_seen_subcommand_from once" -l csv -d 'As comma-separated values'
complete -c switchroom -n "__fish_switchroom_using_subcommand console; and __fish_seen_subcommand_from once" -l read-only -d 'Look only, whatever your role'
complete -c switchroom -n "__fish_switchroom_using_subcommand console; and __fish_seen_subcommand_from once" -l slow -d 'One picture a second and no meters: for slow lines'
complete -c switchroom -n "__fish_switchroom_using_subcommand console; and __fish_seen_subcommand_from once" -s h -l help -d 'Print help'
complete -c switchroom -n "__fish_switchroom_using_subcommand console; and __fish_seen_subcommand_from tail" -l socket -d 'Control socket [default: $SWITCHROOM_SOCKET, else that of the configuration, else the usual places]' -r -F
complete -c switchroom -n "__fish_switchroom_using_subcommand console; and __fish_seen_subcommand_from tail" -l as -d 'Have at most this role' -r -f -a "viewer\t''
agent\t''
supervisor\t''
admin\t''"
complete -c switchroom -n "__fish_switchroom_using_subcommand console; and __fish_seen_subcommand_from tail" -l lang -d 'Language: en or zh [default: that of the system]' -r
complete -c switchroom -n "__fish_switchroom_using_subcommand console; and __fish_seen_subcommand_from tail" -l theme -d 'Colours: auto, dark, light, safe, mono, or a file of yours, themes/NAME.toml beside the settings' -r
complete -c switchroom -n "__fish_switchroom_using_subcommand console; and __fish_seen_subcommand_from tail" -l symbols -d 'Signs: block or ascii' -r
complete -c switchroom -n "__fish_switchroom_using_subcommand console; and __fish_seen_subcommand_from tail" -l settings -d 'Settings [default: $XDG_CONFIG_HOME/switchroom/console.toml]' -r -F
complete -c switchroom -n "__fish_switchroom_using_subcommand console; and __fish_seen_subcommand_from tail" -l color -d 'Colours: when writing to a terminal, always, or never' -r -f -a "auto\t'When writing to a terminal and `NO_COLOR` is not set'
always\t'Always'
never\t'Never'"
complete -c switchroom -n "__fish_switchroom_using_subcommand console; and __fish_seen_subcommand_from tail" -l json -d 'As JSON, one event a line'
complete -c switchroom -n "__fish_switchroom_using_subcommand console; and __fish_seen_subcommand_from tail" -l read-only -d 'Look only, whatever your role'
complete -c switchroom -n "__fish_switchroom_using_subcommand console; and __fish_seen_subcommand_from tail" -l slow -d 'One picture a second and no meters: for slow lines'
complete -c switchroom -n "__fish_switchroom_using_subcommand console; and __fish_seen_subcommand_from tail" -s h -l help -d 'Print help'
complete -c switchroom -n "__fish_switchroom_using_subcommand console; and __fish_seen_subcommand_from do" -l socket -d 'Control socket [default: $SWITCHROOM_SOCKET, else that of the configuration, else the usual places]' -r -F
complete -c switchroom -n "__fish_switchroom_using_subcommand console; and __fish_seen_subcommand_from do" -l as -d 'Have at most this role' -r -f -a "viewer\t''
agent\t''
supervisor\t''
admin\t''"
complete -c switchroom -n "__fish_switchroom_using_subcommand console; and __fish_seen_subcommand_from do" -l lang -d 'Language: en or zh [default: that of the system]' -r
complete -c switchroom -n "__fish_switchroom_using_subcommand console; and __fish_seen_subcommand_from do" -l theme -d 'Colours: auto, dark, light, safe, mono, or a file of yours, themes/NAME.toml beside the settings' -r
complete -c switchroom -n "__fish_switchroom_using_subcommand console; and __fish_seen_subcommand_from do" -l symbols -d 'Signs: block or ascii' -r
complete -c switchroom -n "__fish_switchroom_using_subcommand console; and __fish_seen_subcommand_from do" -l settings -d 'Settings [default: $XDG_CONFIG_HOME/switchroom/console.toml]' -r -F
complete -c switchroom -n "__fish_switchroom_using_subcommand console; and __fish_seen_subcommand_from do" -l color -d 'Colours: when writing to a terminal, always, or never' -r -f -a "auto\t'When writing to a terminal and `NO_COLOR` is not set'
always\t'Always'
never\t'Never'"
complete -c switchroom -n "__fish_switchroom_using_subcommand console; and __fish_seen_subcommand_from do" -l json -d 'Answer in JSON'
complete -c switchroom -n "__fish_switchroom_using_subcommand console; and __fish_seen_subcommand_from do" -l read-only -d 'Look only, whatever your role'
complete -c switchroom -n "__fish_switchroom_using_subcommand console; and __fish_seen_subcommand_from do" -l slow -d 'One picture a second and no meters: for slow lines'
complete -c switchroom -n "__fish_switchroom_using_subcommand console; and __fish_seen_subcommand_from do" -s h -l help -d 'Print help'
complete -c switchroom -n "__fish_switchroom_using_subcommand demo" -l seconds -d 'With --headless: end after so many seconds [default: at Ctrl-C]' -r
complete -c switchroom -n "__fish_switchroom_using_subcommand demo" -l seed -d 'The same seed gives the same calls' -r
complete -c switchroom -n "__fish_switchroom_using_subcommand demo" -l phones -d 'Phones that call each other' -r
complete -c switchroom -n "__fish_switchroom_using_subcommand demo" -l calls-per-min -d 'Calls a minute, on average' -r
complete -c switchroom -n "__fish_switchroom_using_subcommand demo" -l color -d 'Colours: when writing to a terminal, always, or never' -r -f -a "auto\t'When writing to a terminal and `NO_COLOR` is not set'
always\t'Always'
never\t'Never'"
complete -c switchroom -n "__fish_switchroom_using_subcommand demo" -l headless -d 'No console: say what happens on standard output'
complete -c switchroom -n "__fish_switchroom_using_subcommand demo" -l keep -d 'Keep the store and the recordings of the demo, and say where'
complete -c switchroom -n "__fish_switchroom_using_subcommand demo" -s h -l help -d 'Print help'
complete -c switchroom -n "__fish_switchroom_using_subcommand init" -l domain -d 'SIP domain' -r
complete -c switchroom -n "__fish_switchroom_using_subcommand init" -l address -d 'Address of this machine as phones reach it [default: found out]' -r
complete -c switchroom -n "__fish_switchroom_using_subcommand init" -l color -d 'Colours: when writing to a terminal, always, or never' -r -f -a "auto\t'When writing to a terminal and `NO_COLOR` is not set'
always\t'Always'
never\t'Never'"
complete -c switchroom -n "__fish_switchroom_using_subcommand init" -l no-qr -d 'No QR code'
complete -c switchroom -n "__fish_switchroom_using_subcommand init" -s h -l help -d 'Print help'
complete -c switchroom -n "__fish_switchroom_using_subcommand check" -s c -l config -d 'Configuration [default: ./switchroom.toml if there is one, else /etc/switchroom/switchroom.toml]' -r -F
complete -c switchroom -n "__fish_switchroom_using_subcommand check" -l format -d 'How to print' -r -f -a "human\t'For people'
json\t'For programs'"
complete -c switchroom -n "__fish_switchroom_using_subcommand check" -l color -d 'Colours: when writing to a terminal, always, or never' -r -f -a "auto\t'When writing to a terminal and `NO_COLOR` is not set'
always\t'Always'
never\t'Never'"
complete -c switchroom -n "__fish_switchroom_using_subcommand check" -l deny-warnings -d 'Warnings are problems too'
complete -c switchroom -n "__fish_switchroom_using_subcommand check" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c switchroom -n "__fish_switchroom_using_subcommand doctor" -s c -l config -d 'Configuration [default: ./switchroom.toml if there is one, else /etc/switchroom/switchroom.toml]' -r -F
complete -c switchroom -n "__fish_switchroom_using_subcommand doctor" -l color -d 'Colours: when writing to a terminal, always, or never' -r -f -a "auto\t'When writing to a terminal and `NO_COLOR` is not set'
always\t'Always'
never\t'Never'"
complete -c switchroom -n "__fish_switchroom_using_subcommand doctor" -s h -l help -d 'Print help'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and not __fish_seen_subcommand_from status calls call extensions agents queues waiting figures why agent priority take-out queue transfer pick-up assign listen whisper barge take-over unlisten cdr events recordings recording messages message-delete missed ladder hand-off consult swap conference complete cancel-consult record join leave skill class-priority tell told note desk flows settings hangup dial unregister reload dump shutdown" -l socket -d 'Control socket [default: $SWITCHROOM_SOCKET, else that of the configuration, else the usual places]' -r -F
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and not __fish_seen_subcommand_from status calls call extensions agents queues waiting figures why agent priority take-out queue transfer pick-up assign listen whisper barge take-over unlisten cdr events recordings recording messages message-delete missed ladder hand-off consult swap conference complete cancel-consult record join leave skill class-priority tell told note desk flows settings hangup dial unregister reload dump shutdown" -l color -d 'Colours: when writing to a terminal, always, or never' -r -f -a "auto\t'When writing to a terminal and `NO_COLOR` is not set'
always\t'Always'
never\t'Never'"
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and not __fish_seen_subcommand_from status calls call extensions agents queues waiting figures why agent priority take-out queue transfer pick-up assign listen whisper barge take-over unlisten cdr events recordings recording messages message-delete missed ladder hand-off consult swap conference complete cancel-consult record join leave skill class-priority tell told note desk flows settings hangup dial unregister reload dump shutdown" -l json -d 'Print JSON'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and not __fish_seen_subcommand_from status calls call extensions agents queues waiting figures why agent priority take-out queue transfer pick-up assign listen whisper barge take-over unlisten cdr events recordings recording messages message-delete missed ladder hand-off consult swap conference complete cancel-consult record join leave skill class-priority tell told note desk flows settings hangup dial unregister reload dump shutdown" -s h -l help -d 'Print help'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and not __fish_seen_subcommand_from status calls call extensions agents queues waiting figures why agent priority take-out queue transfer pick-up assign listen whisper barge take-over unlisten cdr events recordings recording messages message-delete missed ladder hand-off consult swap conference complete cancel-consult record join leave skill class-priority tell told note desk flows settings hangup dial unregister reload dump shutdown" -f -a "status" -d 'Version, uptime, counts, alarms'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and not __fish_seen_subcommand_from status calls call extensions agents queues waiting figures why agent priority take-out queue transfer pick-up assign listen whisper barge take-over unlisten cdr events recordings recording messages message-delete missed ladder hand-off consult swap conference complete cancel-consult record join leave skill class-priority tell told note desk flows settings hangup dial unregister reload dump shutdown" -f -a "calls" -d 'Live calls'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and not __fish_seen_subcommand_from status calls call extensions agents queues waiting figures why agent priority take-out queue transfer pick-up assign listen whisper barge take-over unlisten cdr events recordings recording messages message-delete missed ladder hand-off consult swap conference complete cancel-consult record join leave skill class-priority tell told note desk flows settings hangup dial unregister reload dump shutdown" -f -a "call" -d 'One call, live or finished, with its path and why it ended'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and not __fish_seen_subcommand_from status calls call extensions agents queues waiting figures why agent priority take-out queue transfer pick-up assign listen whisper barge take-over unlisten cdr events recordings recording messages message-delete missed ladder hand-off consult swap conference complete cancel-consult record join leave skill class-priority tell told note desk flows settings hangup dial unregister reload dump shutdown" -f -a "extensions" -d 'Extensions and where they are registered'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and not __fish_seen_subcommand_from status calls call extensions agents queues waiting figures why agent priority take-out queue transfer pick-up assign listen whisper barge take-over unlisten cdr events recordings recording messages message-delete missed ladder hand-off consult swap conference complete cancel-consult record join leave skill class-priority tell told note desk flows settings hangup dial unregister reload dump shutdown" -f -a "agents" -d 'Agents: what each chose and is doing'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and not __fish_seen_subcommand_from status calls call extensions agents queues waiting figures why agent priority take-out queue transfer pick-up assign listen whisper barge take-over unlisten cdr events recordings recording messages message-delete missed ladder hand-off consult swap conference complete cancel-consult record join leave skill class-priority tell told note desk flows settings hangup dial unregister reload dump shutdown" -f -a "queues" -d 'Queues, their figures of today, and who waits'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and not __fish_seen_subcommand_from status calls call extensions agents queues waiting figures why agent priority take-out queue transfer pick-up assign listen whisper barge take-over unlisten cdr events recordings recording messages message-delete missed ladder hand-off consult swap conference complete cancel-consult record join leave skill class-priority tell told note desk flows settings hangup dial unregister reload dump shutdown" -f -a "waiting" -d 'Who waits, in turn: the first fifty of each queue'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and not __fish_seen_subcommand_from status calls call extensions agents queues waiting figures why agent priority take-out queue transfer pick-up assign listen whisper barge take-over unlisten cdr events recordings recording messages message-delete missed ladder hand-off consult swap conference complete cancel-consult record join leave skill class-priority tell told note desk flows settings hangup dial unregister reload dump shutdown" -f -a "figures" -d 'Figures of queues and agents: of today, of further days, by half hour'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and not __fish_seen_subcommand_from status calls call extensions agents queues waiting figures why agent priority take-out queue transfer pick-up assign listen whisper barge take-over unlisten cdr events recordings recording messages message-delete missed ladder hand-off consult swap conference complete cancel-consult record join leave skill class-priority tell told note desk flows settings hangup dial unregister reload dump shutdown" -f -a "why" -d 'Why a caller was offered to whom it was, or still waits'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and not __fish_seen_subcommand_from status calls call extensions agents queues waiting figures why agent priority take-out queue transfer pick-up assign listen whisper barge take-over unlisten cdr events recordings recording messages message-delete missed ladder hand-off consult swap conference complete cancel-consult record join leave skill class-priority tell told note desk flows settings hangup dial unregister reload dump shutdown" -f -a "agent" -d 'Signs an agent in or out, sets a break, ends after-call time'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and not __fish_seen_subcommand_from status calls call extensions agents queues waiting figures why agent priority take-out queue transfer pick-up assign listen whisper barge take-over unlisten cdr events recordings recording messages message-delete missed ladder hand-off consult swap conference complete cancel-consult record join leave skill class-priority tell told note desk flows settings hangup dial unregister reload dump shutdown" -f -a "priority" -d 'Gives a caller who waits another priority'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and not __fish_seen_subcommand_from status calls call extensions agents queues waiting figures why agent priority take-out queue transfer pick-up assign listen whisper barge take-over unlisten cdr events recordings recording messages message-delete missed ladder hand-off consult swap conference complete cancel-consult record join leave skill class-priority tell told note desk flows settings hangup dial unregister reload dump shutdown" -f -a "take-out" -d 'Takes a caller out of its queue, as if it had waited too long'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and not __fish_seen_subcommand_from status calls call extensions agents queues waiting figures why agent priority take-out queue transfer pick-up assign listen whisper barge take-over unlisten cdr events recordings recording messages message-delete missed ladder hand-off consult swap conference complete cancel-consult record join leave skill class-priority tell told note desk flows settings hangup dial unregister reload dump shutdown" -f -a "queue" -d 'Opens or closes a queue, whatever its hours say. Who waits there goes on waiting'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and not __fish_seen_subcommand_from status calls call extensions agents queues waiting figures why agent priority take-out queue transfer pick-up assign listen whisper barge take-over unlisten cdr events recordings recording messages message-delete missed ladder hand-off consult swap conference complete cancel-consult record join leave skill class-priority tell told note desk flows settings hangup dial unregister reload dump shutdown" -f -a "transfer" -d 'Put the caller of a talk through to a number, or a caller who waits to another queue or flow'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and not __fish_seen_subcommand_from status calls call extensions agents queues waiting figures why agent priority take-out queue transfer pick-up assign listen whisper barge take-over unlisten cdr events recordings recording messages message-delete missed ladder hand-off consult swap conference complete cancel-consult record join leave skill class-priority tell told note desk flows settings hangup dial unregister reload dump shutdown" -f -a "pick-up" -d 'Ring your phone, too, for a caller for whom phones ring or who waits in a queue'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and not __fish_seen_subcommand_from status calls call extensions agents queues waiting figures why agent priority take-out queue transfer pick-up assign listen whisper barge take-over unlisten cdr events recordings recording messages message-delete missed ladder hand-off consult swap conference complete cancel-consult record join leave skill class-priority tell told note desk flows settings hangup dial unregister reload dump shutdown" -f -a "assign" -d 'Give a caller who waits to an agent: at once if the agent is free, else before all others'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and not __fish_seen_subcommand_from status calls call extensions agents queues waiting figures why agent priority take-out queue transfer pick-up assign listen whisper barge take-over unlisten cdr events recordings recording messages message-delete missed ladder hand-off consult swap conference complete cancel-consult record join leave skill class-priority tell told note desk flows settings hangup dial unregister reload dump shutdown" -f -a "listen" -d 'Hear a call, or the calls of an agent, at your phone; it is rung, and never dialled again'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and not __fish_seen_subcommand_from status calls call extensions agents queues waiting figures why agent priority take-out queue transfer pick-up assign listen whisper barge take-over unlisten cdr events recordings recording messages message-delete missed ladder hand-off consult swap conference complete cancel-consult record join leave skill class-priority tell told note desk flows settings hangup dial unregister reload dump shutdown" -f -a "whisper" -d 'Hear it, and be heard by the agent alone'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and not __fish_seen_subcommand_from status calls call extensions agents queues waiting figures why agent priority take-out queue transfer pick-up assign listen whisper barge take-over unlisten cdr events recordings recording messages message-delete missed ladder hand-off consult swap conference complete cancel-consult record join leave skill class-priority tell told note desk flows settings hangup dial unregister reload dump shutdown" -f -a "barge" -d 'Hear it, and be heard by both'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and not __fish_seen_subcommand_from status calls call extensions agents queues waiting figures why agent priority take-out queue transfer pick-up assign listen whisper barge take-over unlisten cdr events recordings recording messages message-delete missed ladder hand-off consult swap conference complete cancel-consult record join leave skill class-priority tell told note desk flows settings hangup dial unregister reload dump shutdown" -f -a "take-over" -d 'Take the agent\'s place in the call that is heard at your phone'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and not __fish_seen_subcommand_from status calls call extensions agents queues waiting figures why agent priority take-out queue transfer pick-up assign listen whisper barge take-over unlisten cdr events recordings recording messages message-delete missed ladder hand-off consult swap conference complete cancel-consult record join leave skill class-priority tell told note desk flows settings hangup dial unregister reload dump shutdown" -f -a "unlisten" -d 'Leave the call that is heard at your phone: the phone is hung up'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and not __fish_seen_subcommand_from status calls call extensions agents queues waiting figures why agent priority take-out queue transfer pick-up assign listen whisper barge take-over unlisten cdr events recordings recording messages message-delete missed ladder hand-off consult swap conference complete cancel-consult record join leave skill class-priority tell told note desk flows settings hangup dial unregister reload dump shutdown" -f -a "cdr" -d 'Finished calls, newest first'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and not __fish_seen_subcommand_from status calls call extensions agents queues waiting figures why agent priority take-out queue transfer pick-up assign listen whisper barge take-over unlisten cdr events recordings recording messages message-delete missed ladder hand-off consult swap conference complete cancel-consult record join leave skill class-priority tell told note desk flows settings hangup dial unregister reload dump shutdown" -f -a "events" -d 'What happened, newest last'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and not __fish_seen_subcommand_from status calls call extensions agents queues waiting figures why agent priority take-out queue transfer pick-up assign listen whisper barge take-over unlisten cdr events recordings recording messages message-delete missed ladder hand-off consult swap conference complete cancel-consult record join leave skill class-priority tell told note desk flows settings hangup dial unregister reload dump shutdown" -f -a "recordings" -d 'Recordings, newest first'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and not __fish_seen_subcommand_from status calls call extensions agents queues waiting figures why agent priority take-out queue transfer pick-up assign listen whisper barge take-over unlisten cdr events recordings recording messages message-delete missed ladder hand-off consult swap conference complete cancel-consult record join leave skill class-priority tell told note desk flows settings hangup dial unregister reload dump shutdown" -f -a "recording" -d 'Hold, release or delete the recording of a call'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and not __fish_seen_subcommand_from status calls call extensions agents queues waiting figures why agent priority take-out queue transfer pick-up assign listen whisper barge take-over unlisten cdr events recordings recording messages message-delete missed ladder hand-off consult swap conference complete cancel-consult record join leave skill class-priority tell told note desk flows settings hangup dial unregister reload dump shutdown" -f -a "messages" -d 'Messages that callers left, newest first'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and not __fish_seen_subcommand_from status calls call extensions agents queues waiting figures why agent priority take-out queue transfer pick-up assign listen whisper barge take-over unlisten cdr events recordings recording messages message-delete missed ladder hand-off consult swap conference complete cancel-consult record join leave skill class-priority tell told note desk flows settings hangup dial unregister reload dump shutdown" -f -a "message-delete" -d 'Delete a message for good, sound and all'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and not __fish_seen_subcommand_from status calls call extensions agents queues waiting figures why agent priority take-out queue transfer pick-up assign listen whisper barge take-over unlisten cdr events recordings recording messages message-delete missed ladder hand-off consult swap conference complete cancel-consult record join leave skill class-priority tell told note desk flows settings hangup dial unregister reload dump shutdown" -f -a "missed" -d 'Callers who gave up waiting and were not answered since, newest first'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and not __fish_seen_subcommand_from status calls call extensions agents queues waiting figures why agent priority take-out queue transfer pick-up assign listen whisper barge take-over unlisten cdr events recordings recording messages message-delete missed ladder hand-off consult swap conference complete cancel-consult record join leave skill class-priority tell told note desk flows settings hangup dial unregister reload dump shutdown" -f -a "ladder" -d 'The SIP messages of a call as a ladder'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and not __fish_seen_subcommand_from status calls call extensions agents queues waiting figures why agent priority take-out queue transfer pick-up assign listen whisper barge take-over unlisten cdr events recordings recording messages message-delete missed ladder hand-off consult swap conference complete cancel-consult record join leave skill class-priority tell told note desk flows settings hangup dial unregister reload dump shutdown" -f -a "hand-off" -d 'Sends the caller of a talk into a flow, for a PIN or a survey; the agent gets it back when the flow ends, with the result, and hears nothing of it meanwhile. For supervisors; agents have the transfer key of their phones'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and not __fish_seen_subcommand_from status calls call extensions agents queues waiting figures why agent priority take-out queue transfer pick-up assign listen whisper barge take-over unlisten cdr events recordings recording messages message-delete missed ladder hand-off consult swap conference complete cancel-consult record join leave skill class-priority tell told note desk flows settings hangup dial unregister reload dump shutdown" -f -a "consult" -d 'The agent of a talk consults somebody: that phone rings, and the other party waits with music. For a call of your own phone, or as a supervisor for any. Then `swap`, `conference`, `complete` or `cancel-consult`; who hangs up leaves the other two to each other'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and not __fish_seen_subcommand_from status calls call extensions agents queues waiting figures why agent priority take-out queue transfer pick-up assign listen whisper barge take-over unlisten cdr events recordings recording messages message-delete missed ladder hand-off consult swap conference complete cancel-consult record join leave skill class-priority tell told note desk flows settings hangup dial unregister reload dump shutdown" -f -a "swap" -d 'While somebody is consulted: back to the other party, and the one who was consulted waits; or the other way round'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and not __fish_seen_subcommand_from status calls call extensions agents queues waiting figures why agent priority take-out queue transfer pick-up assign listen whisper barge take-over unlisten cdr events recordings recording messages message-delete missed ladder hand-off consult swap conference complete cancel-consult record join leave skill class-priority tell told note desk flows settings hangup dial unregister reload dump shutdown" -f -a "conference" -d 'While somebody is consulted: all three hear each other'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and not __fish_seen_subcommand_from status calls call extensions agents queues waiting figures why agent priority take-out queue transfer pick-up assign listen whisper barge take-over unlisten cdr events recordings recording messages message-delete missed ladder hand-off consult swap conference complete cancel-consult record join leave skill class-priority tell told note desk flows settings hangup dial unregister reload dump shutdown" -f -a "complete" -d 'The agent leaves, and the other party talks with who was consulted'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and not __fish_seen_subcommand_from status calls call extensions agents queues waiting figures why agent priority take-out queue transfer pick-up assign listen whisper barge take-over unlisten cdr events recordings recording messages message-delete missed ladder hand-off consult swap conference complete cancel-consult record join leave skill class-priority tell told note desk flows settings hangup dial unregister reload dump shutdown" -f -a "cancel-consult" -d 'Who is consulted is hung up, and the two talk as before'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and not __fish_seen_subcommand_from status calls call extensions agents queues waiting figures why agent priority take-out queue transfer pick-up assign listen whisper barge take-over unlisten cdr events recordings recording messages message-delete missed ladder hand-off consult swap conference complete cancel-consult record join leave skill class-priority tell told note desk flows settings hangup dial unregister reload dump shutdown" -f -a "record" -d 'Pauses the recording of a live call and has it go on, begins one that no rule wants, or ends it. For a call of your own phone, if the configuration knows it, or as a supervisor for any'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and not __fish_seen_subcommand_from status calls call extensions agents queues waiting figures why agent priority take-out queue transfer pick-up assign listen whisper barge take-over unlisten cdr events recordings recording messages message-delete missed ladder hand-off consult swap conference complete cancel-consult record join leave skill class-priority tell told note desk flows settings hangup dial unregister reload dump shutdown" -f -a "join" -d 'Has an agent work in a queue, or have another place there: changes the configuration\'s file, and applies it, with the lists, PINs and flows as their files are now'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and not __fish_seen_subcommand_from status calls call extensions agents queues waiting figures why agent priority take-out queue transfer pick-up assign listen whisper barge take-over unlisten cdr events recordings recording messages message-delete missed ladder hand-off consult swap conference complete cancel-consult record join leave skill class-priority tell told note desk flows settings hangup dial unregister reload dump shutdown" -f -a "leave" -d 'Has an agent work in a queue no more, likewise. A call at hand goes on'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and not __fish_seen_subcommand_from status calls call extensions agents queues waiting figures why agent priority take-out queue transfer pick-up assign listen whisper barge take-over unlisten cdr events recordings recording messages message-delete missed ladder hand-off consult swap conference complete cancel-consult record join leave skill class-priority tell told note desk flows settings hangup dial unregister reload dump shutdown" -f -a "skill" -d 'Gives an agent a skill, in the configuration\'s file, and applies it'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and not __fish_seen_subcommand_from status calls call extensions agents queues waiting figures why agent priority take-out queue transfer pick-up assign listen whisper barge take-over unlisten cdr events recordings recording messages message-delete missed ladder hand-off consult swap conference complete cancel-consult record join leave skill class-priority tell told note desk flows settings hangup dial unregister reload dump shutdown" -f -a "class-priority" -d 'Gives the callers of a class another priority, in the configuration\'s file, and applies it'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and not __fish_seen_subcommand_from status calls call extensions agents queues waiting figures why agent priority take-out queue transfer pick-up assign listen whisper barge take-over unlisten cdr events recordings recording messages message-delete missed ladder hand-off consult swap conference complete cancel-consult record join leave skill class-priority tell told note desk flows settings hangup dial unregister reload dump shutdown" -f -a "tell" -d 'Tells agents something: it stands on the desk until acknowledged, replaced or lost in a restart. For supervisors'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and not __fish_seen_subcommand_from status calls call extensions agents queues waiting figures why agent priority take-out queue transfer pick-up assign listen whisper barge take-over unlisten cdr events recordings recording messages message-delete missed ladder hand-off consult swap conference complete cancel-consult record join leave skill class-priority tell told note desk flows settings hangup dial unregister reload dump shutdown" -f -a "told" -d 'Acknowledges what an agent was told. For the agent at your phone, or as a supervisor for any'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and not __fish_seen_subcommand_from status calls call extensions agents queues waiting figures why agent priority take-out queue transfer pick-up assign listen whisper barge take-over unlisten cdr events recordings recording messages message-delete missed ladder hand-off consult swap conference complete cancel-consult record join leave skill class-priority tell told note desk flows settings hangup dial unregister reload dump shutdown" -f -a "note" -d 'Write a note on a call, live or finished: it is kept with it'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and not __fish_seen_subcommand_from status calls call extensions agents queues waiting figures why agent priority take-out queue transfer pick-up assign listen whisper barge take-over unlisten cdr events recordings recording messages message-delete missed ladder hand-off consult swap conference complete cancel-consult record join leave skill class-priority tell told note desk flows settings hangup dial unregister reload dump shutdown" -f -a "desk" -d 'An agent\'s desk: who is on the line, what is known of them, what is to be said'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and not __fish_seen_subcommand_from status calls call extensions agents queues waiting figures why agent priority take-out queue transfer pick-up assign listen whisper barge take-over unlisten cdr events recordings recording messages message-delete missed ladder hand-off consult swap conference complete cancel-consult record join leave skill class-priority tell told note desk flows settings hangup dial unregister reload dump shutdown" -f -a "flows" -d 'The flows in force, and what the check said of their files'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and not __fish_seen_subcommand_from status calls call extensions agents queues waiting figures why agent priority take-out queue transfer pick-up assign listen whisper barge take-over unlisten cdr events recordings recording messages message-delete missed ladder hand-off consult swap conference complete cancel-consult record join leave skill class-priority tell told note desk flows settings hangup dial unregister reload dump shutdown" -f -a "settings" -d 'Extensions, agents, queues, skills, routes and roles: shows what the configuration\'s file says, and changes it. What a change does to the file is shown first. For admins'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and not __fish_seen_subcommand_from status calls call extensions agents queues waiting figures why agent priority take-out queue transfer pick-up assign listen whisper barge take-over unlisten cdr events recordings recording messages message-delete missed ladder hand-off consult swap conference complete cancel-consult record join leave skill class-priority tell told note desk flows settings hangup dial unregister reload dump shutdown" -f -a "hangup" -d 'End a call'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and not __fish_seen_subcommand_from status calls call extensions agents queues waiting figures why agent priority take-out queue transfer pick-up assign listen whisper barge take-over unlisten cdr events recordings recording messages message-delete missed ladder hand-off consult swap conference complete cancel-consult record join leave skill class-priority tell told note desk flows settings hangup dial unregister reload dump shutdown" -f -a "dial" -d 'Place a call: ring the phones of an extension, then the number, as if one of them had dialled it'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and not __fish_seen_subcommand_from status calls call extensions agents queues waiting figures why agent priority take-out queue transfer pick-up assign listen whisper barge take-over unlisten cdr events recordings recording messages message-delete missed ladder hand-off consult swap conference complete cancel-consult record join leave skill class-priority tell told note desk flows settings hangup dial unregister reload dump shutdown" -f -a "unregister" -d 'Forget where an extension is registered'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and not __fish_seen_subcommand_from status calls call extensions agents queues waiting figures why agent priority take-out queue transfer pick-up assign listen whisper barge take-over unlisten cdr events recordings recording messages message-delete missed ladder hand-off consult swap conference complete cancel-consult record join leave skill class-priority tell told note desk flows settings hangup dial unregister reload dump shutdown" -f -a "reload" -d 'Read the configuration again'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and not __fish_seen_subcommand_from status calls call extensions agents queues waiting figures why agent priority take-out queue transfer pick-up assign listen whisper barge take-over unlisten cdr events recordings recording messages message-delete missed ladder hand-off consult swap conference complete cancel-consult record join leave skill class-priority tell told note desk flows settings hangup dial unregister reload dump shutdown" -f -a "dump" -d 'Write what the exchange was given last to a file in the data directory, for `switchroom replay`; prints its name'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and not __fish_seen_subcommand_from status calls call extensions agents queues waiting figures why agent priority take-out queue transfer pick-up assign listen whisper barge take-over unlisten cdr events recordings recording messages message-delete missed ladder hand-off consult swap conference complete cancel-consult record join leave skill class-priority tell told note desk flows settings hangup dial unregister reload dump shutdown" -f -a "shutdown" -d 'Stop the exchange'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from status" -l color -d 'Colours: when writing to a terminal, always, or never' -r -f -a "auto\t'When writing to a terminal and `NO_COLOR` is not set'
always\t'Always'
never\t'Never'"
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from status" -l json -d 'Print JSON'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from status" -s h -l help -d 'Print help'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from calls" -l color -d 'Colours: when writing to a terminal, always, or never' -r -f -a "auto\t'When writing to a terminal and `NO_COLOR` is not set'
always\t'Always'
never\t'Never'"
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from calls" -l json -d 'Print JSON'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from calls" -s h -l help -d 'Print help'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from call" -l color -d 'Colours: when writing to a terminal, always, or never' -r -f -a "auto\t'When writing to a terminal and `NO_COLOR` is not set'
always\t'Always'
never\t'Never'"
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from call" -l json -d 'Print JSON'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from call" -s h -l help -d 'Print help'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from extensions" -l color -d 'Colours: when writing to a terminal, always, or never' -r -f -a "auto\t'When writing to a terminal and `NO_COLOR` is not set'
always\t'Always'
never\t'Never'"
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from extensions" -l json -d 'Print JSON'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from extensions" -s h -l help -d 'Print help'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from agents" -l color -d 'Colours: when writing to a terminal, always, or never' -r -f -a "auto\t'When writing to a terminal and `NO_COLOR` is not set'
always\t'Always'
never\t'Never'"
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from agents" -l json -d 'Print JSON'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from agents" -s h -l help -d 'Print help'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from queues" -l color -d 'Colours: when writing to a terminal, always, or never' -r -f -a "auto\t'When writing to a terminal and `NO_COLOR` is not set'
always\t'Always'
never\t'Never'"
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from queues" -l json -d 'Print JSON'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from queues" -s h -l help -d 'Print help'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from waiting" -l color -d 'Colours: when writing to a terminal, always, or never' -r -f -a "auto\t'When writing to a terminal and `NO_COLOR` is not set'
always\t'Always'
never\t'Never'"
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from waiting" -l json -d 'Print JSON'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from waiting" -s h -l help -d 'Print help'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from figures" -l days -d 'So many days, today included; eight are kept' -r
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from figures" -l color -d 'Colours: when writing to a terminal, always, or never' -r -f -a "auto\t'When writing to a terminal and `NO_COLOR` is not set'
always\t'Always'
never\t'Never'"
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from figures" -l half-hours -d 'By half hour in place of by day'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from figures" -l json -d 'Print JSON'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from figures" -s h -l help -d 'Print help'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from why" -l color -d 'Colours: when writing to a terminal, always, or never' -r -f -a "auto\t'When writing to a terminal and `NO_COLOR` is not set'
always\t'Always'
never\t'Never'"
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from why" -l json -d 'Print JSON'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from why" -s h -l help -d 'Print help'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from agent" -l color -d 'Colours: when writing to a terminal, always, or never' -r -f -a "auto\t'When writing to a terminal and `NO_COLOR` is not set'
always\t'Always'
never\t'Never'"
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from agent" -l json -d 'Print JSON'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from agent" -s h -l help -d 'Print help'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from agent" -a "ready" -d 'Signed in and taking calls'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from agent" -a "break" -d 'Signed in, but taking no calls'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from agent" -a "out" -d 'Signed out'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from agent" -a "wrap-up" -d 'Done with after-call work, or more time for it'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from priority" -l color -d 'Colours: when writing to a terminal, always, or never' -r -f -a "auto\t'When writing to a terminal and `NO_COLOR` is not set'
always\t'Always'
never\t'Never'"
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from priority" -l json -d 'Print JSON'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from priority" -s h -l help -d 'Print help'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from take-out" -l color -d 'Colours: when writing to a terminal, always, or never' -r -f -a "auto\t'When writing to a terminal and `NO_COLOR` is not set'
always\t'Always'
never\t'Never'"
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from take-out" -l json -d 'Print JSON'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from take-out" -s h -l help -d 'Print help'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from queue" -l color -d 'Colours: when writing to a terminal, always, or never' -r -f -a "auto\t'When writing to a terminal and `NO_COLOR` is not set'
always\t'Always'
never\t'Never'"
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from queue" -l json -d 'Print JSON'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from queue" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from transfer" -l color -d 'Colours: when writing to a terminal, always, or never' -r -f -a "auto\t'When writing to a terminal and `NO_COLOR` is not set'
always\t'Always'
never\t'Never'"
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from transfer" -l json -d 'Print JSON'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from transfer" -s h -l help -d 'Print help'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from pick-up" -l phone -d 'The extension of your phone; unless written, the one that the configuration has for you' -r
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from pick-up" -l color -d 'Colours: when writing to a terminal, always, or never' -r -f -a "auto\t'When writing to a terminal and `NO_COLOR` is not set'
always\t'Always'
never\t'Never'"
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from pick-up" -l json -d 'Print JSON'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from pick-up" -s h -l help -d 'Print help'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from assign" -l color -d 'Colours: when writing to a terminal, always, or never' -r -f -a "auto\t'When writing to a terminal and `NO_COLOR` is not set'
always\t'Always'
never\t'Never'"
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from assign" -l json -d 'Print JSON'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from assign" -s h -l help -d 'Print help'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from listen" -l agent -d 'The calls of this agent, one after the other, until you leave' -r
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from listen" -l extension -d 'The calls of this extension, one after the other, until you leave' -r
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from listen" -l phone -d 'The extension of your phone; unless written, the one that the configuration has for you' -r
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from listen" -l color -d 'Colours: when writing to a terminal, always, or never' -r -f -a "auto\t'When writing to a terminal and `NO_COLOR` is not set'
always\t'Always'
never\t'Never'"
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from listen" -l json -d 'Print JSON'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from listen" -s h -l help -d 'Print help'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from whisper" -l agent -d 'The calls of this agent, one after the other, until you leave' -r
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from whisper" -l extension -d 'The calls of this extension, one after the other, until you leave' -r
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from whisper" -l phone -d 'The extension of your phone; unless written, the one that the configuration has for you' -r
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from whisper" -l color -d 'Colours: when writing to a terminal, always, or never' -r -f -a "auto\t'When writing to a terminal and `NO_COLOR` is not set'
always\t'Always'
never\t'Never'"
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from whisper" -l json -d 'Print JSON'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from whisper" -s h -l help -d 'Print help'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from barge" -l agent -d 'The calls of this agent, one after the other, until you leave' -r
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from barge" -l extension -d 'The calls of this extension, one after the other, until you leave' -r
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from barge" -l phone -d 'The extension of your phone; unless written, the one that the configuration has for you' -r
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from barge" -l color -d 'Colours: when writing to a terminal, always, or never' -r -f -a "auto\t'When writing to a terminal and `NO_COLOR` is not set'
always\t'Always'
never\t'Never'"
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from barge" -l json -d 'Print JSON'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from barge" -s h -l help -d 'Print help'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from take-over" -l phone -d 'The extension of your phone; unless written, the one that the configuration has for you' -r
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from take-over" -l color -d 'Colours: when writing to a terminal, always, or never' -r -f -a "auto\t'When writing to a terminal and `NO_COLOR` is not set'
always\t'Always'
never\t'Never'"
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from take-over" -l json -d 'Print JSON'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from take-over" -s h -l help -d 'Print help'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from unlisten" -l phone -d 'The extension of your phone; unless written, the one that the configuration has for you' -r
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from unlisten" -l color -d 'Colours: when writing to a terminal, always, or never' -r -f -a "auto\t'When writing to a terminal and `NO_COLOR` is not set'
always\t'Always'
never\t'Never'"
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from unlisten" -l json -d 'Print JSON'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from unlisten" -s h -l help -d 'Print help'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from cdr" -s n -l limit -d 'At most so many' -r
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from cdr" -l party -d 'Only calls with this extension or number' -r
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from cdr" -l before -d 'Only calls that ended before this time, Unix milliseconds' -r
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from cdr" -l color -d 'Colours: when writing to a terminal, always, or never' -r -f -a "auto\t'When writing to a terminal and `NO_COLOR` is not set'
always\t'Always'
never\t'Never'"
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from cdr" -l json -d 'Print JSON'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from cdr" -s h -l help -d 'Print help'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from events" -s n -l limit -d 'At most so many' -r
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from events" -l call -d 'Only events of this call (number or id)' -r
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from events" -l after -d 'Only events after this time, Unix milliseconds' -r
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from events" -l color -d 'Colours: when writing to a terminal, always, or never' -r -f -a "auto\t'When writing to a terminal and `NO_COLOR` is not set'
always\t'Always'
never\t'Never'"
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from events" -l json -d 'Print JSON'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from events" -s h -l help -d 'Print help'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from recordings" -s n -l limit -d 'At most so many' -r
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from recordings" -l party -d 'Only recordings with this extension or number' -r
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from recordings" -l color -d 'Colours: when writing to a terminal, always, or never' -r -f -a "auto\t'When writing to a terminal and `NO_COLOR` is not set'
always\t'Always'
never\t'Never'"
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from recordings" -l json -d 'Print JSON'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from recordings" -s h -l help -d 'Print help'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from recording" -l color -d 'Colours: when writing to a terminal, always, or never' -r -f -a "auto\t'When writing to a terminal and `NO_COLOR` is not set'
always\t'Always'
never\t'Never'"
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from recording" -l json -d 'Print JSON'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from recording" -s h -l help -d 'Print help'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from recording" -f -a "hold" -d 'Keep it from being deleted, by whomever and whatever, until it is released (legal hold)'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from recording" -f -a "release" -d 'Let it be deleted again'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from recording" -f -a "delete" -d 'Delete it for good, sound and all; not one that is held. What is known of the call stays'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from messages" -s n -l limit -d 'At most so many' -r
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from messages" -l color -d 'Colours: when writing to a terminal, always, or never' -r -f -a "auto\t'When writing to a terminal and `NO_COLOR` is not set'
always\t'Always'
never\t'Never'"
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from messages" -l json -d 'Print JSON'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from messages" -s h -l help -d 'Print help'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from message-delete" -l color -d 'Colours: when writing to a terminal, always, or never' -r -f -a "auto\t'When writing to a terminal and `NO_COLOR` is not set'
always\t'Always'
never\t'Never'"
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from message-delete" -l json -d 'Print JSON'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from message-delete" -s h -l help -d 'Print help'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from missed" -s n -l limit -d 'At most so many' -r
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from missed" -l color -d 'Colours: when writing to a terminal, always, or never' -r -f -a "auto\t'When writing to a terminal and `NO_COLOR` is not set'
always\t'Always'
never\t'Never'"
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from missed" -l json -d 'Print JSON'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from missed" -s h -l help -d 'Print help'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from missed" -f -a "claim" -d 'Take care of a caller'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from missed" -f -a "release" -d 'Take care of a caller no more'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from missed" -f -a "tried" -d 'Note that a caller was called back in vain'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from missed" -f -a "close" -d 'Settle it: the caller was called back, or nothing is to be done'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from ladder" -l color -d 'Colours: when writing to a terminal, always, or never' -r -f -a "auto\t'When writing to a terminal and `NO_COLOR` is not set'
always\t'Always'
never\t'Never'"
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from ladder" -l json -d 'Print JSON'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from ladder" -s h -l help -d 'Print help'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from hand-off" -l color -d 'Colours: when writing to a terminal, always, or never' -r -f -a "auto\t'When writing to a terminal and `NO_COLOR` is not set'
always\t'Always'
never\t'Never'"
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from hand-off" -l json -d 'Print JSON'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from hand-off" -s h -l help -d 'Print help'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from consult" -l color -d 'Colours: when writing to a terminal, always, or never' -r -f -a "auto\t'When writing to a terminal and `NO_COLOR` is not set'
always\t'Always'
never\t'Never'"
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from consult" -l json -d 'Print JSON'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from consult" -s h -l help -d 'Print help'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from swap" -l color -d 'Colours: when writing to a terminal, always, or never' -r -f -a "auto\t'When writing to a terminal and `NO_COLOR` is not set'
always\t'Always'
never\t'Never'"
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from swap" -l json -d 'Print JSON'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from swap" -s h -l help -d 'Print help'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from conference" -l color -d 'Colours: when writing to a terminal, always, or never' -r -f -a "auto\t'When writing to a terminal and `NO_COLOR` is not set'
always\t'Always'
never\t'Never'"
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from conference" -l json -d 'Print JSON'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from conference" -s h -l help -d 'Print help'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from complete" -l color -d 'Colours: when writing to a terminal, always, or never' -r -f -a "auto\t'When writing to a terminal and `NO_COLOR` is not set'
always\t'Always'
never\t'Never'"
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from complete" -l json -d 'Print JSON'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from complete" -s h -l help -d 'Print help'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from cancel-consult" -l color -d 'Colours: when writing to a terminal, always, or never' -r -f -a "auto\t'When writing to a terminal and `NO_COLOR` is not set'
always\t'Always'
never\t'Never'"
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from cancel-consult" -l json -d 'Print JSON'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from cancel-consult" -s h -l help -d 'Print help'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from record" -l color -d 'Colours: when writing to a terminal, always, or never' -r -f -a "auto\t'When writing to a terminal and `NO_COLOR` is not set'
always\t'Always'
never\t'Never'"
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from record" -l json -d 'Print JSON'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from record" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from join" -l tier -d 'Agents of a higher tier are asked if none of a lower one is free; as it is, else 1' -r
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from join" -l weight -d 'The agent\'s share; as it is, else 1' -r
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from join" -l skill -d 'Skills to be given with it, each with its level from 1 to 9' -r
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from join" -l color -d 'Colours: when writing to a terminal, always, or never' -r -f -a "auto\t'When writing to a terminal and `NO_COLOR` is not set'
always\t'Always'
never\t'Never'"
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from join" -l json -d 'Print JSON'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from join" -s h -l help -d 'Print help'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from leave" -l color -d 'Colours: when writing to a terminal, always, or never' -r -f -a "auto\t'When writing to a terminal and `NO_COLOR` is not set'
always\t'Always'
never\t'Never'"
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from leave" -l json -d 'Print JSON'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from leave" -s h -l help -d 'Print help'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from skill" -l color -d 'Colours: when writing to a terminal, always, or never' -r -f -a "auto\t'When writing to a terminal and `NO_COLOR` is not set'
always\t'Always'
never\t'Never'"
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from skill" -l json -d 'Print JSON'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from skill" -s h -l help -d 'Print help'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from class-priority" -l color -d 'Colours: when writing to a terminal, always, or never' -r -f -a "auto\t'When writing to a terminal and `NO_COLOR` is not set'
always\t'Always'
never\t'Never'"
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from class-priority" -l json -d 'Print JSON'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from class-priority" -s h -l help -d 'Print help'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from tell" -l color -d 'Colours: when writing to a terminal, always, or never' -r -f -a "auto\t'When writing to a terminal and `NO_COLOR` is not set'
always\t'Always'
never\t'Never'"
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from tell" -l json -d 'Print JSON'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from tell" -s h -l help -d 'Print help'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from told" -l color -d 'Colours: when writing to a terminal, always, or never' -r -f -a "auto\t'When writing to a terminal and `NO_COLOR` is not set'
always\t'Always'
never\t'Never'"
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from told" -l json -d 'Print JSON'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from told" -s h -l help -d 'Print help'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from note" -l color -d 'Colours: when writing to a terminal, always, or never' -r -f -a "auto\t'When writing to a terminal and `NO_COLOR` is not set'
always\t'Always'
never\t'Never'"
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from note" -l json -d 'Print JSON'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from note" -s h -l help -d 'Print help'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from desk" -l color -d 'Colours: when writing to a terminal, always, or never' -r -f -a "auto\t'When writing to a terminal and `NO_COLOR` is not set'
always\t'Always'
never\t'Never'"
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from desk" -l json -d 'Print JSON'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from desk" -s h -l help -d 'Print help'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from flows" -l color -d 'Colours: when writing to a terminal, always, or never' -r -f -a "auto\t'When writing to a terminal and `NO_COLOR` is not set'
always\t'Always'
never\t'Never'"
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from flows" -l json -d 'Print JSON'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from flows" -s h -l help -d 'Print help'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from settings" -l color -d 'Colours: when writing to a terminal, always, or never' -r -f -a "auto\t'When writing to a terminal and `NO_COLOR` is not set'
always\t'Always'
never\t'Never'"
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from settings" -l json -d 'Print JSON'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from settings" -s h -l help -d 'Print help'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from settings" -f -a "show" -d 'What is written in the file; of one: every key with its value and meaning'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from settings" -f -a "set" -d 'Give one that is there other values; keys that are not named stay as they are'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from settings" -f -a "add" -d 'Add one. An extension is given a password, which is printed once'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from settings" -f -a "remove" -d 'Take one out, with the comment above it'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from settings" -f -a "password" -d 'Give an extension another password, which is printed once'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from settings" -f -a "undo" -d 'Put the file back to what it was before the last change of settings, if it was not changed since'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from hangup" -l color -d 'Colours: when writing to a terminal, always, or never' -r -f -a "auto\t'When writing to a terminal and `NO_COLOR` is not set'
always\t'Always'
never\t'Never'"
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from hangup" -l json -d 'Print JSON'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from hangup" -s h -l help -d 'Print help'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from dial" -l color -d 'Colours: when writing to a terminal, always, or never' -r -f -a "auto\t'When writing to a terminal and `NO_COLOR` is not set'
always\t'Always'
never\t'Never'"
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from dial" -l json -d 'Print JSON'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from dial" -s h -l help -d 'Print help'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from unregister" -l contact -d 'Only this contact' -r
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from unregister" -l color -d 'Colours: when writing to a terminal, always, or never' -r -f -a "auto\t'When writing to a terminal and `NO_COLOR` is not set'
always\t'Always'
never\t'Never'"
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from unregister" -l json -d 'Print JSON'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from unregister" -s h -l help -d 'Print help'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from reload" -l color -d 'Colours: when writing to a terminal, always, or never' -r -f -a "auto\t'When writing to a terminal and `NO_COLOR` is not set'
always\t'Always'
never\t'Never'"
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from reload" -l json -d 'Print JSON'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from reload" -s h -l help -d 'Print help'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from dump" -l color -d 'Colours: when writing to a terminal, always, or never' -r -f -a "auto\t'When writing to a terminal and `NO_COLOR` is not set'
always\t'Always'
never\t'Never'"
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from dump" -l json -d 'Print JSON'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from dump" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from shutdown" -l color -d 'Colours: when writing to a terminal, always, or never' -r -f -a "auto\t'When writing to a terminal and `NO_COLOR` is not set'
always\t'Always'
never\t'Never'"
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from shutdown" -l json -d 'Print JSON'
complete -c switchroom -n "__fish_switchroom_using_subcommand ctl; and __fish_seen_subcommand_from shutdown" -s h -l help -d 'Print help'
complete -c switchroom -n "__fish_switchroom_using_subcommand phone; and not __fish_seen_subcommand_from call answer" -l server -d 'Exchange, as HOST or HOST:PORT' -r
complete -c switchroom -n "__fish_switchroom_using_subcommand phone; and not __fish_seen_subcommand_from call answer" -s u -l user -d 'Extension to register as. Its password is taken from $SWITCHROOM_PASSWORD, else asked for' -r
complete -c switchroom -n "__fish_switchroom_using_subcommand phone; and not __fish_seen_subcommand_from call answer" -l codec -d 'Codecs to offer, best first' -r
complete -c switchroom -n "__fish_switchroom_using_subcommand phone; and not __fish_seen_subcommand_from call answer" -l play -d 'What the other side hears: a WAV file, or tone:HZ, or silence' -r
complete -c switchroom -n "__fish_switchroom_using_subcommand phone; and not __fish_seen_subcommand_from call answer" -l record -d 'Write what is heard to a WAV file' -r -F
complete -c switchroom -n "__fish_switchroom_using_subcommand phone; and not __fish_seen_subcommand_from call answer" -l digits -d 'Digits to send once the call is answered' -r
complete -c switchroom -n "__fish_switchroom_using_subcommand phone; and not __fish_seen_subcommand_from call answer" -l seconds -d 'Hang up after so many seconds of talking [default: until the other side does, or Ctrl-C]' -r
complete -c switchroom -n "__fish_switchroom_using_subcommand phone; and not __fish_seen_subcommand_from call answer" -l color -d 'Colours: when writing to a terminal, always, or never' -r -f -a "auto\t'When writing to a terminal and `NO_COLOR` is not set'
always\t'Always'
never\t'Never'"
complete -c switchroom -n "__fish_switchroom_using_subcommand phone; and not __fish_seen_subcommand_from call answer" -l tcp -d 'Use TCP'
complete -c switchroom -n "__fish_switchroom_using_subcommand phone; and not __fish_seen_subcommand_from call answer" -s h -l help -d 'Print help'
complete -c switchroom -n "__fish_switchroom_using_subcommand phone; and not __fish_seen_subcommand_from call answer" -f -a "call" -d 'Call a number'
complete -c switchroom -n "__fish_switchroom_using_subcommand phone; and not __fish_seen_subcommand_from call answer" -f -a "answer" -d 'Wait for calls and answer them'
complete -c switchroom -n "__fish_switchroom_using_subcommand phone; and __fish_seen_subcommand_from call" -l server -d 'Exchange, as HOST or HOST:PORT' -r
complete -c switchroom -n "__fish_switchroom_using_subcommand phone; and __fish_seen_subcommand_from call" -l codec -d 'Codecs to offer, best first' -r
complete -c switchroom -n "__fish_switchroom_using_subcommand phone; and __fish_seen_subcommand_from call" -l play -d 'What the other side hears: a WAV file, or tone:HZ, or silence' -r
complete -c switchroom -n "__fish_switchroom_using_subcommand phone; and __fish_seen_subcommand_from call" -l record -d 'Write what is heard to a WAV file' -r -F
complete -c switchroom -n "__fish_switchroom_using_subcommand phone; and __fish_seen_subcommand_from call" -l digits -d 'Digits to send once the call is answered' -r
complete -c switchroom -n "__fish_switchroom_using_subcommand phone; and __fish_seen_subcommand_from call" -l seconds -d 'Hang up after so many seconds of talking [default: until the other side does, or Ctrl-C]' -r
complete -c switchroom -n "__fish_switchroom_using_subcommand phone; and __fish_seen_subcommand_from call" -l color -d 'Colours: when writing to a terminal, always, or never' -r -f -a "auto\t'When writing to a terminal and `NO_COLOR` is not set'
always\t'Always'
never\t'Never'"
complete -c switchroom -n "__fish_switchroom_using_subcommand phone; and __fish_seen_subcommand_from call" -l tcp -d 'Use TCP'
complete -c switchroom -n "__fish_switchroom_using_subcommand phone; and __fish_seen_subcommand_from call" -s h -l help -d 'Print help'
complete -c switchroom -n "__fish_switchroom_using_subcommand phone; and __fish_seen_subcommand_from answer" -l after -d 'Ring for so many seconds first' -r
complete -c switchroom -n "__fish_switchroom_using_subcommand phone; and __fish_seen_subcommand_from answer" -l calls -d 'Answer only so many calls, then exit [default: until Ctrl-C]' -r
complete -c switchroom -n "__fish_switchroom_using_subcommand phone; and __fish_seen_subcommand_from answer" -l server -d 'Exchange, as HOST or HOST:PORT' -r
complete -c switchroom -n "__fish_switchroom_using_subcommand phone; and __fish_seen_subcommand_from answer" -l codec -d 'Codecs to offer, best first' -r
complete -c switchroom -n "__fish_switchroom_using_subcommand phone; and __fish_seen_subcommand_from answer" -l play -d 'What the other side hears: a WAV file, or tone:HZ, or silence' -r
complete -c switchroom -n "__fish_switchroom_using_subcommand phone; and __fish_seen_subcommand_from answer" -l record -d 'Write what is heard to a WAV file' -r -F
complete -c switchroom -n "__fish_switchroom_using_subcommand phone; and __fish_seen_subcommand_from answer" -l digits -d 'Digits to send once the call is answered' -r
complete -c switchroom -n "__fish_switchroom_using_subcommand phone; and __fish_seen_subcommand_from answer" -l seconds -d 'Hang up after so many seconds of talking [default: until the other side does, or Ctrl-C]' -r
complete -c switchroom -n "__fish_switchroom_using_subcommand phone; and __fish_seen_subcommand_from answer" -l color -d 'Colours: when writing to a terminal, always, or never' -r -f -a "auto\t'When writing to a terminal and `NO_COLOR` is not set'
always\t'Always'
never\t'Never'"
complete -c switchroom -n "__fish_switchroom_using_subcommand phone; and __fish_seen_subcommand_from answer" -l tcp -d 'Use TCP'
complete -c switchroom -n "__fish_switchroom_using_subcommand phone; and __fish_seen_subcommand_from answer" -s h -l help -d 'Print help'
complete -c switchroom -n "__fish_switchroom_using_subcommand passwd" -s c -l config -d 'Configuration [default: ./switchroom.toml if there is one, else /etc/switchroom/switchroom.toml]' -r -F
complete -c switchroom -n "__fish_switchroom_using_subcommand passwd" -l color -d 'Colours: when writing to a terminal, always, or never' -r -f -a "auto\t'When writing to a terminal and `NO_COLOR` is not set'
always\t'Always'
never\t'Never'"
complete -c switchroom -n "__fish_switchroom_using_subcommand passwd" -s h -l help -d 'Print help'
complete -c switchroom -n "__fish_switchroom_using_subcommand store; and not __fish_seen_subcommand_from rebuild" -l color -d 'Colours: when writing to a terminal, always, or never' -r -f -a "auto\t'When writing to a terminal and `NO_COLOR` is not set'
always\t'Always'
never\t'Never'"
complete -c switchroom -n "__fish_switchroom_using_subcommand store; and not __fish_seen_subcommand_from rebuild" -s h -l help -d 'Print help'
complete -c switchroom -n "__fish_switchroom_using_subcommand store; and not __fish_seen_subcommand_from rebuild" -f -a "rebuild" -d 'Make the index anew from the journal. The exchange must not be running'
complete -c switchroom -n "__fish_switchroom_using_subcommand store; and __fish_seen_subcommand_from rebuild" -s c -l config -d 'Configuration [default: ./switchroom.toml if there is one, else /etc/switchroom/switchroom.toml]' -r -F
complete -c switchroom -n "__fish_switchroom_using_subcommand store; and __fish_seen_subcommand_from rebuild" -l dir -d 'Folder of the store, instead of that of the configuration' -r -F
complete -c switchroom -n "__fish_switchroom_using_subcommand store; and __fish_seen_subcommand_from rebuild" -l color -d 'Colours: when writing to a terminal, always, or never' -r -f -a "auto\t'When writing to a terminal and `NO_COLOR` is not set'
always\t'Always'
never\t'Never'"
complete -c switchroom -n "__fish_switchroom_using_subcommand store; and __fish_seen_subcommand_from rebuild" -s h -l help -d 'Print help'
complete -c switchroom -n "__fish_switchroom_using_subcommand replay" -l until -d 'Stop after so many inputs' -r
complete -c switchroom -n "__fish_switchroom_using_subcommand replay" -l call -d 'Print the ladder of this call: its number or id' -r
complete -c switchroom -n "__fish_switchroom_using_subcommand replay" -l color -d 'Colours: when writing to a terminal, always, or never' -r -f -a "auto\t'When writing to a terminal and `NO_COLOR` is not set'
always\t'Always'
never\t'Never'"
complete -c switchroom -n "__fish_switchroom_using_subcommand replay" -l ladders -d 'Print the ladders of all calls that are kept'
complete -c switchroom -n "__fish_switchroom_using_subcommand replay" -s q -l quiet -d 'Only figures and verdict, not each input and what came of it'
complete -c switchroom -n "__fish_switchroom_using_subcommand replay" -s h -l help -d 'Print help'
complete -c switchroom -n "__fish_switchroom_using_subcommand route; and not __fish_seen_subcommand_from explain" -l color -d 'Colours: when writing to a terminal, always, or never' -r -f -a "auto\t'When writing to a terminal and `NO_COLOR` is not set'
always\t'Always'
never\t'Never'"
complete -c switchroom -n "__fish_switchroom_using_subcommand route; and not __fish_seen_subcommand_from explain" -s h -l help -d 'Print help'
complete -c switchroom -n "__fish_switchroom_using_subcommand route; and not __fish_seen_subcommand_from explain" -f -a "explain" -d 'Print each route that is tried for a call, whether it fits, and why. Exits with 1 if the call goes nowhere'
complete -c switchroom -n "__fish_switchroom_using_subcommand route; and __fish_seen_subcommand_from explain" -l from -d 'The caller\'s number [default: none]' -r
complete -c switchroom -n "__fish_switchroom_using_subcommand route; and __fish_seen_subcommand_from explain" -l at -d 'When: 2026-10-01T12:10 by the clock of the site, with an offset (+08:00, Z) by another, or now' -r
complete -c switchroom -n "__fish_switchroom_using_subcommand route; and __fish_seen_subcommand_from explain" -s c -l config -d 'Configuration [default: ./switchroom.toml if there is one, else /etc/switchroom/switchroom.toml]' -r -F
complete -c switchroom -n "__fish_switchroom_using_subcommand route; and __fish_seen_subcommand_from explain" -l color -d 'Colours: when writing to a terminal, always, or never' -r -f -a "auto\t'When writing to a terminal and `NO_COLOR` is not set'
always\t'Always'
never\t'Never'"
complete -c switchroom -n "__fish_switchroom_using_subcommand route; and __fish_seen_subcommand_from explain" -s h -l help -d 'Print help'
complete -c switchroom -n "__fish_switchroom_using_subcommand hours; and not __fish_seen_subcommand_from explain" -l color -d 'Colours: when writing to a terminal, always, or never' -r -f -a "auto\t'When writing to a terminal and `NO_COLOR` is not set'
always\t'Always'
never\t'Never'"
complete -c switchroom -n "__fish_switchroom_using_subcommand hours; and not __fish_seen_subcommand_from explain" -s h -l help -d 'Print help'
complete -c switchroom -n "__fish_switchroom_using_subcommand hours; and not __fish_seen_subcommand_from explain" -f -a "explain" -d 'Print each rule of opening hours, whether it holds at a time, and why; and what changes next'
complete -c switchroom -n "__fish_switchroom_using_subcommand hours; and __fish_seen_subcommand_from explain" -l hours -d 'Only these hours [default: all]' -r
complete -c switchroom -n "__fish_switchroom_using_subcommand hours; and __fish_seen_subcommand_from explain" -s c -l config -d 'Configuration [default: ./switchroom.toml if there is one, else /etc/switchroom/switchroom.toml]' -r -F
complete -c switchroom -n "__fish_switchroom_using_subcommand hours; and __fish_seen_subcommand_from explain" -l color -d 'Colours: when writing to a terminal, always, or never' -r -f -a "auto\t'When writing to a terminal and `NO_COLOR` is not set'
always\t'Always'
never\t'Never'"
complete -c switchroom -n "__fish_switchroom_using_subcommand hours; and __fish_seen_subcommand_from explain" -s h -l help -d 'Print help'
complete -c switchroom -n "__fish_switchroom_using_subcommand flow; and not __fish_seen_subcommand_from check show walk test reference" -l color -d 'Colours: when writing to a terminal, always, or never' -r -f -a "auto\t'When writing to a terminal and `NO_COLOR` is not set'
always\t'Always'
never\t'Never'"
complete -c switchroom -n "__fish_switchroom_using_subcommand flow; and not __fish_seen_subcommand_from check show walk test reference" -s h -l help -d 'Print help'
complete -c switchroom -n "__fish_switchroom_using_subcommand flow; and not __fish_seen_subcommand_from check show walk test reference" -f -a "check" -d 'Name every fault of flows with its place. Exits with 1 if there are any'
complete -c switchroom -n "__fish_switchroom_using_subcommand flow; and not __fish_seen_subcommand_from check show walk test reference" -f -a "show" -d 'Print a flow as a tree'
complete -c switchroom -n "__fish_switchroom_using_subcommand flow; and not __fish_seen_subcommand_from check show walk test reference" -f -a "walk" -d 'Be the caller, line by line: press keys, wait, speak, hang up; help lists what can be typed. Works in a pipe'
complete -c switchroom -n "__fish_switchroom_using_subcommand flow; and not __fish_seen_subcommand_from check show walk test reference" -f -a "test" -d 'Play cases, and tell what no case reached. Exits with 1 if a case fails'
complete -c switchroom -n "__fish_switchroom_using_subcommand flow; and not __fish_seen_subcommand_from check show walk test reference" -f -a "reference" -d 'Print how flows are written: every kind of node, key, function and name'
complete -c switchroom -n "__fish_switchroom_using_subcommand flow; and __fish_seen_subcommand_from check" -s c -l config -d 'Configuration [default: ./switchroom.toml if there is one, else /etc/switchroom/switchroom.toml]' -r -F
complete -c switchroom -n "__fish_switchroom_using_subcommand flow; and __fish_seen_subcommand_from check" -l dir -d 'Flows of this folder and the lists in its lists/*.csv, without a configuration: extensions, hours, PINs and mailboxes are not known' -r -F
complete -c switchroom -n "__fish_switchroom_using_subcommand flow; and __fish_seen_subcommand_from check" -l color -d 'Colours: when writing to a terminal, always, or never' -r -f -a "auto\t'When writing to a terminal and `NO_COLOR` is not set'
always\t'Always'
never\t'Never'"
complete -c switchroom -n "__fish_switchroom_using_subcommand flow; and __fish_seen_subcommand_from check" -l deny-warnings -d 'Warnings count as faults'
complete -c switchroom -n "__fish_switchroom_using_subcommand flow; and __fish_seen_subcommand_from check" -l json -d 'As JSON'
complete -c switchroom -n "__fish_switchroom_using_subcommand flow; and __fish_seen_subcommand_from check" -s h -l help -d 'Print help'
complete -c switchroom -n "__fish_switchroom_using_subcommand flow; and __fish_seen_subcommand_from show" -s c -l config -d 'Configuration [default: ./switchroom.toml if there is one, else /etc/switchroom/switchroom.toml]' -r -F
complete -c switchroom -n "__fish_switchroom_using_subcommand flow; and __fish_seen_subcommand_from show" -l dir -d 'Flows of this folder and the lists in its lists/*.csv, without a configuration: extensions, hours, PINs and mailboxes are not known' -r -F
complete -c switchroom -n "__fish_switchroom_using_subcommand flow; and __fish_seen_subcommand_from show" -l color -d 'Colours: when writing to a terminal, always, or never' -r -f -a "auto\t'When writing to a terminal and `NO_COLOR` is not set'
always\t'Always'
never\t'Never'"
complete -c switchroom -n "__fish_switchroom_using_subcommand flow; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help'
complete -c switchroom -n "__fish_switchroom_using_subcommand flow; and __fish_seen_subcommand_from walk" -l from -d 'The caller\'s number [default: none]' -r
complete -c switchroom -n "__fish_switchroom_using_subcommand flow; and __fish_seen_subcommand_from walk" -l at -d 'When: 2026-10-01T12:10 by the clock of the site, with an offset (+08:00, Z) by another, or now' -r
complete -c switchroom -n "__fish_switchroom_using_subcommand flow; and __fish_seen_subcommand_from walk" -s c -l config -d 'Configuration [default: ./switchroom.toml if there is one, else /etc/switchroom/switchroom.toml]' -r -F
complete -c switchroom -n "__fish_switchroom_using_subcommand flow; and __fish_seen_subcommand_from walk" -l dir -d 'Flows of this folder and the lists in its lists/*.csv, without a configuration: extensions, hours, PINs and mailboxes are not known' -r -F
complete -c switchroom -n "__fish_switchroom_using_subcommand flow; and __fish_seen_subcommand_from walk" -l color -d 'Colours: when writing to a terminal, always, or never' -r -f -a "auto\t'When writing to a terminal and `NO_COLOR` is not set'
always\t'Always'
never\t'Never'"
complete -c switchroom -n "__fish_switchroom_using_subcommand flow; and __fish_seen_subcommand_from walk" -s h -l help -d 'Print help'
complete -c switchroom -n "__fish_switchroom_using_subcommand flow; and __fish_seen_subcommand_from test" -l min-coverage -d 'Exit with 1, too, if less of a flow is reached, in percent of its nodes and branches' -r
complete -c switchroom -n "__fish_switchroom_using_subcommand flow; and __fish_seen_subcommand_from test" -s c -l config -d 'Configuration [default: ./switchroom.toml if there is one, else /etc/switchroom/switchroom.toml]' -r -F
complete -c switchroom -n "__fish_switchroom_using_subcommand flow; and __fish_seen_subcommand_from test" -l dir -d 'Flows of this folder and the lists in its lists/*.csv, without a configuration: extensions, hours, PINs and mailboxes are not known' -r -F
complete -c switchroom -n "__fish_switchroom_using_subcommand flow; and __fish_seen_subcommand_from test" -l color -d 'Colours: when writing to a terminal, always, or never' -r -f -a "auto\t'When writing to a terminal and `NO_COLOR` is not set'
always\t'Always'
never\t'Never'"
complete -c switchroom -n "__fish_switchroom_using_subcommand flow; and __fish_seen_subcommand_from test" -l json -d 'As JSON'
complete -c switchroom -n "__fish_switchroom_using_subcommand flow; and __fish_seen_subcommand_from test" -s h -l help -d 'Print help'
complete -c switchroom -n "__fish_switchroom_using_subcommand flow; and __fish_seen_subcommand_from reference" -l color -d 'Colours: when writing to a terminal, always, or never' -r -f -a "auto\t'When writing to a terminal and `NO_COLOR` is not set'
always\t'Always'
never\t'Never'"
complete -c switchroom -n "__fish_switchroom_using_subcommand flow; and __fish_seen_subcommand_from reference" -s h -l help -d 'Print help'
complete -c switchroom -n "__fish_switchroom_using_subcommand config; and not __fish_seen_subcommand_from reference sample" -l color -d 'Colours: when writing to a terminal, always, or never' -r -f -a "auto\t'When writing to a terminal and `NO_COLOR` is not set'
always\t'Always'
never\t'Never'"
complete -c switchroom -n "__fish_switchroom_using_subcommand config; and not __fish_seen_subcommand_from reference sample" -s h -l help -d 'Print help'
complete -c switchroom -n "__fish_switchroom_using_subcommand config; and not __fish_seen_subcommand_from reference sample" -f -a "reference" -d 'Every key, its default and its meaning'
complete -c switchroom -n "__fish_switchroom_using_subcommand config; and not __fish_seen_subcommand_from reference sample" -f -a "sample" -d 'A commented configuration file with all defaults'
complete -c switchroom -n "__fish_switchroom_using_subcommand config; and __fish_seen_subcommand_from reference" -l color -d 'Colours: when writing to a terminal, always, or never' -r -f -a "auto\t'When writing to a terminal and `NO_COLOR` is not set'
always\t'Always'
never\t'Never'"
complete -c switchroom -n "__fish_switchroom_using_subcommand config; and __fish_seen_subcommand_from reference" -s h -l help -d 'Print help'
complete -c switchroom -n "__fish_switchroom_using_subcommand config; and __fish_seen_subcommand_from sample" -l color -d 'Colours: when writing to a terminal, always, or never' -r -f -a "auto\t'When writing to a terminal and `NO_COLOR` is not set'
always\t'Always'
never\t'Never'"
complete -c switchroom -n "__fish_switchroom_using_subcommand config; and __fish_seen_subcommand_from sample" -s h -l help -d 'Print help'
complete -c switchroom -n "__fish_switchroom_using_subcommand completions" -l color -d 'Colours: when writing to a terminal, always, or never' -r -f -a "auto\t'When writing to a terminal and `NO_COLOR` is not set'
always\t'Always'
never\t'Never'"
complete -c switchroom -n "__fish_switchroom_using_subcommand completions" -s h -l help -d 'Print help'
complete -c switchroom -n "__fish_switchroom_using_subcommand man" -l color -d 'Colours: when writing to a terminal, always, or never' -r -f -a "auto\t'When writing to a terminal and `NO_COLOR` is not set'
always\t'Always'
never\t'Never'"
complete -c switchroom -n "__fish_switchroom_using_subcommand man" -s h -l help -d 'Print help'
complete -c switchroom -n "__fish_switchroom_using_subcommand version" -l color -d 'Colours: when writing to a terminal, always, or never' -r -f -a "auto\t'When writing to a terminal and `NO_COLOR` is not set'
always\t'Always'
never\t'Never'"
complete -c switchroom -n "__fish_switchroom_using_subcommand version" -s v -l verbose -d 'More: system, build, protocol'
complete -c switchroom -n "__fish_switchroom_using_subcommand version" -s h -l help -d 'Print help'
