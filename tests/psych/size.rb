# Prints the memory of what is in each YAML file, as GitLab counts it: every object that is met, as often as
# it is met.
require 'objspace'
require 'yaml'

def size(value)
  below = case value
          when Hash then value.sum { |key, item| size(key) + size(item) }
          when Array then value.sum { |item| size(item) }
          else 0
          end
  ObjectSpace.memsize_of(value) + below
end

ARGV.each do |path|
  text = File.read(path, encoding: 'UTF-8')
  puts size(YAML.safe_load(text, permitted_classes: [Symbol], aliases: true))
end
