# ---- creation_time
# Names of files in manifests/ on standard input -> lines "NAME EPOCH", without those that have
# no creation time. It stands in the image's configuration; for an index it is that of its newest
# image (an attestation's platform is "unknown").
registry_created() {
  cat >names
  sed 's|^|manifests/|' names | registry_links >links
  sed -n 's/.* manifest //p' links | sort -u | grep . >children || :
  registry_get_all manifests <children
  sed 's|^|manifests/|' fetched | registry_links >>links
  sed -n 's/.* configuration //p' links | sort -u >configurations
  registry_get_all blobs <configurations
  sed 's|^|blobs/|' fetched | registry_links >>links
  awk '
    function epoch(t,  y, m, zone, seconds) {
      if (t !~ /^[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9]/) return 0
      y = substr(t, 1, 4); m = substr(t, 6, 2) + 0
      if (m < 3) { y--; m += 12 } # so a leap day ends the year
      seconds = substr(t, 12, 2) * 3600 + substr(t, 15, 2) * 60 + substr(t, 18) + 86400 * (365 * y \
        + int(y / 4) - int(y / 100) + int(y / 400) + int((153 * m - 457) / 5) + substr(t, 9, 2) - 719469)
      if (match(t, /[-+][0-9][0-9]:[0-9][0-9]$/)) {
        zone = substr(t, RSTART + 1, 2) * 3600 + substr(t, RSTART + 4, 2) * 60
        seconds += (substr(t, RSTART, 1) == "-") ? zone : -zone
      }
      return seconds
    }
    FILENAME == "links" && $2 == "manifest" { children[$1] = children[$1] " " $3; next }
    FILENAME == "links" { to[$1] = $3; next }
    {
      newest = 0
      count = split($1 in children ? children[$1] : $1, images, " ")
      for (i = 1; i <= count; i++) {
        seconds = epoch(to[to[images[i]]])
        if (seconds > newest) newest = seconds
      }
    }
    newest > 0 { printf "%s %.6f\n", $1, newest }' links names
}
registry_links() { # names of files on standard input -> lines "NAME KIND NEXT" towards that time
  registry_json | awk -F '\t' '
    { name = $1; sub(".*/", "", name); split($2, path, ".") }
    $2 == "created" { print name, "time", $3 }
    $2 == "config.digest" && $3 ~ /^sha256:[0-9a-f]+$/ { print name, "configuration", $3 }
    path[1] == "manifests" && path[3] == "digest" && $3 ~ /^sha256:[0-9a-f]+$/ {
      indexes[name]; child[name, path[2]] = $3 }
    path[1] == "manifests" && path[4] == "os" && $3 == "unknown" { attestation[name, path[2]] }
    END { for (name in indexes) for (i = 0; (name, i) in child; i++)
      if (!((name, i) in attestation)) print name, "manifest", child[name, i] }'
}
