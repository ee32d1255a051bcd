<?php // OK
echo "hello";
