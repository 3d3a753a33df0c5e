#!/bin/sh
# Installs tlb on a Linux machine: one binary, and on request a systemd unit and a `haproxy` link.
#
#   curl -fsSL https://…/install.sh | sh -s -- --from https://…/tlb --sha256 SUM
#   sh install.sh --from ./dist/tlb --systemd --haproxy-link
#   sh install.sh --uninstall
#
# Options (each also as an environment variable):
#   --from PATH|URL     the binary, a file or an address          TLB_URL
#   --sha256 SUM        refuse a binary with another checksum     TLB_SHA256
#   --prefix DIR        default /usr/local                        TLB_PREFIX
#   --systemd           write tlb.service (it is not enabled or started)
#   --config FILE       configuration of the service, default /etc/tlb/lb.cfg
#   --haproxy-link      PREFIX/bin/haproxy -> tlb, unless a haproxy is there
#   --unit-dir DIR      default /etc/systemd/system               TLB_UNIT_DIR
#   --uninstall         remove what was installed; configuration stays
#
# Running it again is harmless. Everything is inside a function so that a download cut in the middle runs nothing.
set -eu

say() { printf 'tlb: %s\n' "$*"; }
die() {
    printf 'tlb: %s\n' "$*" >&2
    exit 1
}
have() { command -v "$1" >/dev/null 2>&1; }

usage() {
    cat <<'USAGE'
usage: install.sh --from PATH|URL [--sha256 SUM] [--prefix DIR] [--systemd [--config FILE] [--unit-dir DIR]] [--haproxy-link]
       install.sh --uninstall [--prefix DIR] [--unit-dir DIR]

  --from PATH|URL     the binary, a file or an address (or TLB_URL)
  --sha256 SUM        refuse a binary with another checksum (or TLB_SHA256)
  --prefix DIR        install to DIR/bin, default /usr/local (or TLB_PREFIX)
  --systemd           write tlb.service; it is not enabled or started
  --config FILE       configuration of the service, default /etc/tlb/lb.cfg
  --unit-dir DIR      where tlb.service goes, default /etc/systemd/system (or TLB_UNIT_DIR)
  --haproxy-link      make DIR/bin/haproxy a link to tlb, unless a haproxy is there
  --uninstall         remove what was installed; the configuration stays
USAGE
}

fetch() { # fetch SOURCE TARGET
    case $1 in
    http://* | https://*)
        if have curl; then
            curl -fsSL --retry 2 -o "$2" "$1" || die "cannot download $1"
        elif have wget; then
            wget -q -O "$2" "$1" || die "cannot download $1"
        else
            die "needs curl or wget to download $1"
        fi
        ;;
    file://*) cp "${1#file://}" "$2" || die "cannot read $1" ;;
    *)
        [ -f "$1" ] || die "no such file: $1"
        cp "$1" "$2" || die "cannot read $1"
        ;;
    esac
}

checksum() {
    if have sha256sum; then
        sha256sum "$1" | cut -d' ' -f1
    elif have openssl; then
        openssl dgst -sha256 -r "$1" | cut -d' ' -f1
    else
        die "needs sha256sum or openssl to verify --sha256"
    fi
}

unit() { # unit BINARY CONFIG
    cat <<UNIT
# Installed by tlb's install.sh.
[Unit]
Description=tlb load balancer
After=network-online.target
Wants=network-online.target

[Service]
Type=notify
NotifyAccess=main
ExecStartPre=$1 check -f $2
ExecStart=$1 serve -f $2
ExecReload=$1 check -q -f $2
ExecReload=/bin/kill -HUP \$MAINPID
KillMode=mixed
Restart=always
LimitNOFILE=1048576

[Install]
WantedBy=multi-user.target
UNIT
}

uninstall() { # uninstall BINDIR UNITDIR
    if [ -f "$2/tlb.service" ]; then
        if have systemctl && [ -d /run/systemd/system ]; then systemctl disable --now tlb.service >/dev/null 2>&1 || true; fi
        rm -f "$2/tlb.service" || die "cannot remove $2/tlb.service"
        say "removed $2/tlb.service"
    fi
    # Only a link that leads to tlb is ours.
    if [ -L "$1/haproxy" ] && [ "$(readlink "$1/haproxy")" = tlb ]; then
        rm -f "$1/haproxy" || die "cannot remove $1/haproxy"
        say "removed $1/haproxy"
    fi
    if [ -f "$1/tlb" ]; then
        rm -f "$1/tlb" || die "cannot remove $1/tlb"
        say "removed $1/tlb"
    else
        say "nothing installed in $1"
    fi
}

main() {
    from=${TLB_URL-}
    sum=${TLB_SHA256-}
    prefix=${TLB_PREFIX:-/usr/local}
    units=${TLB_UNIT_DIR:-/etc/systemd/system}
    config=/etc/tlb/lb.cfg
    systemd=
    link=
    remove=
    while [ $# -gt 0 ]; do
        case $1 in
        --from | --sha256 | --prefix | --config | --unit-dir)
            [ $# -ge 2 ] || die "$1 needs a value"
            case $1 in
            --from) from=$2 ;;
            --sha256) sum=$2 ;;
            --prefix) prefix=$2 ;;
            --config) config=$2 ;;
            --unit-dir) units=$2 ;;
            esac
            shift
            ;;
        --systemd) systemd=1 ;;
        --haproxy-link) link=1 ;;
        --uninstall) remove=1 ;;
        -h | --help)
            usage
            exit 0
            ;;
        *)
            usage >&2
            die "unknown option $1"
            ;;
        esac
        shift
    done
    bin=$prefix/bin

    if [ -n "$remove" ]; then
        uninstall "$bin" "$units"
        return 0
    fi

    [ "$(uname -s)" = Linux ] || die "tlb runs on Linux only, this is $(uname -s)"
    [ -n "$from" ] || {
        usage >&2
        die "where is the binary? give --from PATH|URL or set TLB_URL"
    }
    mkdir -p "$bin" 2>/dev/null || die "cannot create $bin (root?)"
    [ -w "$bin" ] || die "cannot write to $bin (root?)"

    # Beside its target, so that the rename is atomic and a running tlb keeps its own file.
    new=$bin/.tlb.$$
    trap 'rm -f "$new"' EXIT
    trap 'exit 1' INT TERM
    fetch "$from" "$new"
    if [ -n "$sum" ]; then
        got=$(checksum "$new")
        [ "$got" = "$sum" ] || die "checksum of $from is $got, expected $sum; nothing was changed"
    fi
    chmod 755 "$new"
    version=$("$new" version 2>/dev/null | head -n 1) || version=
    [ -n "$version" ] || die "$from does not run here ($(uname -m)); nothing was changed"

    if [ -f "$bin/tlb" ] && cmp -s "$new" "$bin/tlb"; then
        say "$bin/tlb is up to date ($version)"
    else
        before=
        [ ! -f "$bin/tlb" ] || before=yes
        mv -f "$new" "$bin/tlb"
        say "installed $bin/tlb ($version)"
        [ -z "$before" ] || say "a running tlb goes on with the old one until: tlb upgrade"
    fi

    if [ -n "$link" ]; then
        if [ -L "$bin/haproxy" ] && [ "$(readlink "$bin/haproxy")" = tlb ]; then
            :
        elif [ -e "$bin/haproxy" ] || [ -L "$bin/haproxy" ]; then
            die "$bin/haproxy is there already and not ours; left alone"
        else
            ln -s tlb "$bin/haproxy"
            say "linked $bin/haproxy"
        fi
    fi

    if [ -n "$systemd" ]; then
        mkdir -p "$units" 2>/dev/null || die "cannot create $units (root?)"
        unit "$bin/tlb" "$config" >"$new"
        chmod 644 "$new"
        if [ -f "$units/tlb.service" ] && cmp -s "$new" "$units/tlb.service"; then
            say "$units/tlb.service is up to date"
        else
            mv -f "$new" "$units/tlb.service" || die "cannot write $units/tlb.service"
            say "wrote $units/tlb.service; start it with: systemctl enable --now tlb"
        fi
        if have systemctl && [ -d /run/systemd/system ]; then systemctl daemon-reload || true; fi
    fi
}

main "$@"
